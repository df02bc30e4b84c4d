#include "preference/simulated_rater.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"

namespace nudge {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kTrials = 20000;

/// Share of left choices over many streams.
double left_share(const RaterOptions& rater, double left, double right) {
  double chosen = 0;
  for (int i = 0; i < kTrials; ++i) {
    Stream stream(1, "rater-test", i);
    chosen += compare(rater, left, right, stream) == Choice::left;
  }
  return chosen / kTrials;
}

TEST(Rater, ChoosesByTheLogisticOfItsRationality) {
  const double expected = 1 / (1 + std::exp(-4 * 0.3));
  EXPECT_NEAR(left_share({.rationality = 4, .mistake_rate = 0}, 0.8, 0.5), expected, 0.01);
  EXPECT_NEAR(left_share({.rationality = 4, .mistake_rate = 0}, 0.5, 0.8), 1 - expected, 0.01);
  EXPECT_NEAR(left_share({.rationality = 0, .mistake_rate = 0}, 5, 0), 0.5, 0.01);
}

TEST(Rater, OfInfiniteRationalityAlwaysTakesTheBetter) {
  const RaterOptions perfect{.rationality = kInfinity, .mistake_rate = 0};
  EXPECT_EQ(left_share(perfect, 1e-9, 0), 1);
  EXPECT_EQ(left_share(perfect, 0, 1e-9), 0);
  EXPECT_NEAR(left_share(perfect, 1, 1), 0.5, 0.01);
}

TEST(Rater, TurnsAShareOfItsChoicesRound) {
  EXPECT_NEAR(left_share({.rationality = kInfinity, .mistake_rate = 0.2}, 1, 0), 0.8, 0.01);
  EXPECT_NEAR(left_share({.rationality = 4, .mistake_rate = 1}, 1, 0), 1 / (1 + std::exp(4.0)), 0.01);
}

TEST(Rater, LeansToTheLeftWithASideBias) {
  EXPECT_NEAR(left_share({.rationality = 2, .mistake_rate = 0, .side_bias = 0.5}, 0, 0),
              1 / (1 + std::exp(-1.0)), 0.01);
}

TEST(Rater, SkipsAndTies) {
  Stream stream(0, "rater-test");
  EXPECT_EQ(compare({.skip_below = -0.5}, -0.6, -0.9, stream), Choice::skip);
  EXPECT_NE(compare({.skip_below = -0.5}, -0.4, -0.9, stream), Choice::skip);
  EXPECT_EQ(compare({.tie_within = 0.1}, 0.55, 0.5, stream), Choice::skip);
  EXPECT_EQ(compare({.tie_within = 0.1, .skip_ties = false}, 0.55, 0.5, stream), Choice::tie);
  EXPECT_NE(compare({.tie_within = 0.1, .skip_ties = false}, 0.75, 0.5, stream), Choice::tie);
  EXPECT_THROW(compare({}, std::nan(""), 0, stream), Error);
  EXPECT_THROW(compare({}, 0, kInfinity, stream), Error);
}

TEST(Rater, WritesWhoHowAndWhichStoodLeft) {
  const RaterOptions rater{.rationality = kInfinity, .mistake_rate = 0, .name = "ada"};
  double left = 0;
  for (int i = 0; i < kTrials; ++i) {
    Stream stream(2, "rater-test", i);
    const auto pair = label_pair(rater, {.id = "p", .text = "Q?"}, "bad", "good", 0, 1, stream);
    ASSERT_TRUE(pair.has_value());
    EXPECT_EQ(pair->chosen, "good");
    EXPECT_EQ(pair->rejected, "bad");
    EXPECT_EQ(pair->prompt.id, "p");
    EXPECT_EQ(pair->rater, "ada");
    EXPECT_EQ(pair->protocol, "simulated-pair");
    EXPECT_EQ(pair->time, "");
    EXPECT_FALSE(pair->tie);
    left += pair->shown_left == "chosen";
  }
  EXPECT_NEAR(left / kTrials, 0.5, 0.015);
}

TEST(Rater, WithASideBiasOnlyOftenChoosesTheLeft) {
  const RaterOptions rater{.rationality = kInfinity, .mistake_rate = 0, .side_bias = 2};
  for (int i = 0; i < 100; ++i) {
    Stream stream(3, "rater-test", i);
    EXPECT_EQ(label_pair(rater, {}, "a", "b", 0, 1, stream)->shown_left, "chosen");
  }
}

TEST(Rater, RecordsTiesOnlyWhenAsked) {
  Stream stream(0, "rater-test");
  EXPECT_FALSE(label_pair({.tie_within = 1}, {}, "a", "b", 0, 0, stream).has_value());
  EXPECT_TRUE(label_pair({.tie_within = 1, .skip_ties = false}, {}, "a", "b", 0, 0, stream)->tie);
}

TEST(Ranking, OfAPerfectRaterIsTheOrderOfUtilities) {
  Stream stream(0, "rater-test");
  const Ranking ranking = label_ranking({.rationality = kInfinity, .mistake_rate = 0}, {.id = "p"},
                                        {"a", "b", "c", "d"}, std::vector<double>{0.1, 0.9, -3, 0.5}, stream);
  EXPECT_EQ(ranking.ranks, (std::vector<std::int64_t>{2, 0, 3, 1}));
  EXPECT_EQ(ranking.protocol, "simulated-ranking");
  EXPECT_EQ(ranking.completions.size(), 4u);
}

TEST(Ranking, IsPlackettLuce) {
  // P(order) = product of softmaxes over those left.
  const std::vector<double> utilities = {0.2, 0.0, 0.5};
  const double beta = 2;
  std::map<std::vector<std::int64_t>, double> counted;
  for (int i = 0; i < kTrials; ++i) {
    Stream stream(4, "rater-test", i);
    counted[label_ranking({.rationality = beta, .mistake_rate = 0}, {}, {"a", "b", "c"}, utilities, stream)
                .ranks] += 1.0 / kTrials;
  }
  const double a = std::exp(beta * 0.2), b = std::exp(0.0), c = std::exp(beta * 0.5);
  EXPECT_NEAR((counted[{1, 2, 0}]), c / (a + b + c) * a / (a + b), 0.01);  // c, a, b
  EXPECT_NEAR((counted[{0, 1, 2}]), a / (a + b + c) * b / (b + c), 0.01);  // a, b, c
  EXPECT_EQ(counted.size(), 6u);
}

TEST(Ranking, OfTwoIsAPairChoice) {
  const RaterOptions rater{.rationality = 4, .mistake_rate = 0.2};
  double first = 0;
  for (int i = 0; i < kTrials; ++i) {
    Stream stream(5, "rater-test", i);
    first += label_ranking(rater, {}, {"a", "b"}, std::vector<double>{0.3, 0}, stream).ranks[0] == 0;
  }
  EXPECT_NEAR(first / kTrials, left_share(rater, 0.3, 0), 0.015);
}

TEST(Ranking, SharesRanksWithinATie) {
  Stream stream(0, "rater-test");
  const Ranking ranking = label_ranking({.rationality = kInfinity, .mistake_rate = 0, .tie_within = 0.1}, {},
                                        {"a", "b", "c"}, std::vector<double>{0.5, 0.45, 0}, stream);
  EXPECT_EQ(ranking.ranks, (std::vector<std::int64_t>{0, 0, 1}));
  EXPECT_EQ(pairs_of(ranking, false).size(), 2u);
  ASSERT_EQ(pairs_of(ranking, true).size(), 3u);
  EXPECT_TRUE(pairs_of(ranking, true)[0].tie);
}

TEST(Ranking, ExpandsToAllItsPairs) {
  const Ranking ranking{.prompt = {.id = "p"}, .completions = {"a", "b", "c", "d"}, .ranks = {2, 0, 3, 1}};
  const auto pairs = pairs_of(ranking, false);
  ASSERT_EQ(pairs.size(), 6u);
  std::map<std::string, int> rank = {{"a", 2}, {"b", 0}, {"c", 3}, {"d", 1}};
  for (const PreferencePair& pair : pairs) {
    EXPECT_LT(rank[pair.chosen], rank[pair.rejected]);
    EXPECT_EQ(pair.prompt.id, "p");
  }
}

TEST(Ranking, RefusesUtilitiesThatDoNotMatch) {
  Stream stream(0, "rater-test");
  EXPECT_THROW(label_ranking({}, {}, {"a", "b"}, std::vector<double>{1}, stream), Error);
  EXPECT_THROW(label_ranking({}, {}, {"a"}, std::vector<double>{std::nan("")}, stream), Error);
}

}  // namespace
}  // namespace nudge
