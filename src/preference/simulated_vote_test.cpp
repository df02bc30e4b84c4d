#include "preference/simulated_vote.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"

namespace nudge {
namespace {

Comparison of(std::size_t answers) {
  Comparison comparison{.id = "c", .prompt = {.text = "p"}};
  for (std::size_t i = 0; i < answers; ++i) comparison.answers.push_back({.content = std::to_string(i)});
  return comparison;
}

const RaterOptions kPerfect = {.rationality = std::numeric_limits<double>::infinity(), .mistake_rate = 0};

TEST(SimulatedVote, OfAPerfectRaterIsTheOrderHoweverShown) {
  int first_left = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    Stream stream(1, "vote", i);
    const Vote pair = simulated_vote(kPerfect, of(2), std::vector{1., 2.}, stream);
    EXPECT_EQ(pair.ranks, (std::vector<std::int64_t>{1, 0}));
    first_left += pair.shown[0] == 0;
    const Vote ranking = simulated_vote(kPerfect, of(3), std::vector{2., 3., 1.}, stream);
    EXPECT_EQ(ranking.ranks, (std::vector<std::int64_t>{1, 0, 2}));
    require_fits(pair, of(2), "pair");
    require_fits(ranking, of(3), "ranking");
  }
  EXPECT_NEAR(first_left, 100, 25);
}

TEST(SimulatedVote, ASideBiasFollowsTheSide) {
  RaterOptions rater = kPerfect;
  rater.side_bias = 5;
  Stream stream(2, "vote");
  for (int i = 0; i < 50; ++i) {
    const Vote vote = simulated_vote(rater, of(2), std::vector{1., 2.}, stream);
    EXPECT_EQ(vote.ranks[static_cast<std::size_t>(vote.shown[0])], 0);
  }
}

TEST(SimulatedVote, TiesAndSkips) {
  RaterOptions rater = kPerfect;
  rater.tie_within = 1;
  Stream stream(3, "vote");
  EXPECT_EQ(simulated_vote(rater, of(2), std::vector{1., 1.5}, stream).outcome, Outcome::skipped);
  rater.skip_ties = false;
  EXPECT_TRUE(simulated_vote(rater, of(2), std::vector{1., 1.5}, stream).tie());
  EXPECT_THROW(simulated_vote(rater, of(2), std::vector{1.}, stream), Error);
}

}  // namespace
}  // namespace nudge
