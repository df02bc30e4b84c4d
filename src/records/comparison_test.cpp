#include "records/comparison.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nudge {
namespace {

Comparison three_answers() {
  return {.id = "c1",
          .prompt = {.id = "p", .messages = {{"user", "Why?"}}},
          .answers = {{.content = "a"}, {.content = "b", .model = "m"}, {.content = "{}", .media = "clip"}},
          .source = "test",
          .extra = {{"kind", 1}}};
}

Vote a_vote() {
  return {.comparison = "c1",
          .ranks = {1, 0, 1},
          .strength = 3,
          .shown = {2, 0, 1},
          .quality = {4, 7, 0},
          .answer_flags = {{}, {"spam"}, {}},
          .flags = {"offensive"},
          .comment = "b is right",
          .rater = "ann",
          .protocol = "page-ranking",
          .time = "2026-11-24T10:00:00Z",
          .seconds = 4.5};
}

TEST(Comparison, ReadsBackWhatItWrote) {
  const Json written = to_json(three_answers());
  EXPECT_EQ(to_json(comparison_from_json(written, "test")), written);
  const Json vote = to_json(a_vote());
  EXPECT_EQ(to_json(vote_from_json(vote, "test")), vote);
}

TEST(Comparison, StrengthIsOfTheBestOverTheNextBest) {
  const Vote vote{.ranks = {2, 0, 1, 1}, .strength = 4};
  EXPECT_EQ(vote.strength_between(1, 2), 4);
  EXPECT_EQ(vote.strength_between(3, 1), 4) << "over each of those that share the second place";
  EXPECT_EQ(vote.strength_between(1, 0), 0) << "of the best over the last nothing was said";
  EXPECT_EQ(vote.strength_between(2, 3), 0);
  EXPECT_EQ((Vote{.outcome = Outcome::both_bad, .strength = 4}).strength_between(0, 1), 0);
  EXPECT_EQ(dense_ranks({7, -1, 7, 2.5}), (std::vector<std::int64_t>{2, 0, 2, 1}));
}

TEST(Comparison, RefusesWhatNobodyCouldHaveSaid) {
  const auto broken = [](auto&& change) {
    Vote vote = a_vote();
    change(vote);
    require_fits(vote_from_json(to_json(vote), "test"), three_answers(), "test");
  };
  EXPECT_NO_THROW(broken([](Vote&) {}));
  EXPECT_THROW(broken([](Vote& vote) { vote.ranks = {0, 1}; }), Error);
  EXPECT_THROW(broken([](Vote& vote) { vote.ranks = {1, 2, 1}; }), Error);
  EXPECT_THROW(broken([](Vote& vote) { vote.ranks = {0, 3, 1}; }), Error);
  EXPECT_THROW(broken([](Vote& vote) { vote.ranks.clear(); }), Error);
  EXPECT_THROW(broken([](Vote& vote) { vote.outcome = Outcome::skipped; }), Error);
  EXPECT_THROW(broken([](Vote& vote) { vote.strength = 5; }), Error);
  EXPECT_THROW(broken([](Vote& vote) { vote.shown = {0, 0, 1}; }), Error);
  EXPECT_THROW(broken([](Vote& vote) { vote.quality = {8, 1, 1}; }), Error);
  Json alone = to_json(three_answers());
  alone["answers"].erase(1);
  alone["answers"].erase(1);
  EXPECT_THROW(comparison_from_json(alone, "test"), Error);
}

TEST(Vote, TieIsComparedWithEqualRanks) {
  Vote vote = a_vote();
  EXPECT_FALSE(vote.tie());
  vote.ranks = {0, 0, 0};
  EXPECT_TRUE(vote.tie());
  vote.outcome = Outcome::both_bad;
  EXPECT_FALSE(vote.tie());
}

}  // namespace
}  // namespace nudge
