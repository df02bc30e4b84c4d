#include "evaluation/reward_evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/random.h"
#include "evaluation/report/reward_report.h"
#include "evaluation/statistics.h"

namespace nudge {
namespace {

ScoredPair pair(const std::string& prompt, double difference, std::int64_t longer_by) {
  return {.chosen = difference,
          .chosen_length = 10 + longer_by,
          .rejected_length = 10,
          .prompt = prompt,
          .chosen_text = "good " + prompt,
          .rejected_text = "bad"};
}

double value(const Json& interval) {
  return interval["value"].get<double>();
}

TEST(ClusteredShare, IsWilsonsForSinglesAndWiderForClusters) {
  const std::vector<double> successes{1, 1, 0, 1, 1, 0, 1, 1, 1, 0};
  std::vector<std::int64_t> singles(10), twins(10);
  for (std::int64_t i = 0; i < 10; ++i) singles[i] = i, twins[i] = i / 5;
  const Interval alone = clustered_share(successes, singles), wilson = wilson_interval(6, 9);
  EXPECT_DOUBLE_EQ(alone.value, 0.7);
  EXPECT_NEAR(alone.low, wilson_interval(0.7 * 9, 9).low, 1e-12) << "n / (n - 1) makes ten trials worth nine";
  EXPECT_LT(wilson.low, alone.low);
  // Twice the same outcome in each cluster of two: worth half as many.
  std::vector<double> doubled;
  std::vector<std::int64_t> of_two;
  for (std::int64_t i = 0; i < 200; ++i) {
    doubled.push_back((i / 2) % 4 == 0);
    of_two.push_back(i / 2);
  }
  const Interval clustered = clustered_share(doubled, of_two), half = wilson_interval(0.25 * 99, 99);
  EXPECT_NEAR(clustered.low, half.low, 1e-12);
  EXPECT_NEAR(clustered.high, half.high, 1e-12);
}

TEST(RewardEvaluation, CountsByStrengthSourceLengthAndPlace) {
  std::vector<ScoredPair> pairs{pair("a", 2, 5), pair("b", -1, -5), pair("c", 1, 5), pair("d", 0.5, -5),
                                pair("e", 0, 0)};
  pairs[0].strength = pairs[1].strength = 4;
  pairs[2].strength = 1;
  pairs[0].source = "web";
  pairs[0].chosen_shown_first = true;
  pairs[1].chosen_shown_first = false;
  pairs.push_back(pair("f", 3, 1));
  pairs.back().tie = true;
  const Json result = reward_evaluation(pairs);
  EXPECT_EQ(result["pairs"], 5);
  EXPECT_EQ(result["prompts"], 6);
  EXPECT_DOUBLE_EQ(value(result["accuracy"]), 3.5 / 5);
  ASSERT_EQ(result["by_strength"].size(), 2u);
  EXPECT_EQ(result["by_strength"][1]["pairs"], 2);
  EXPECT_DOUBLE_EQ(value(result["by_strength"][1]["accuracy"]), 0.5);
  EXPECT_EQ(result["by_source"][0]["source"], "web");
  EXPECT_DOUBLE_EQ(value(result["when_longer_chosen"]), 1);
  EXPECT_DOUBLE_EQ(value(result["when_shorter_chosen"]), 0.5);
  EXPECT_DOUBLE_EQ(value(result["longer_preferred"]), 0.5);
  EXPECT_DOUBLE_EQ(value(result["longer_scored_higher"]), 0.75);
  EXPECT_DOUBLE_EQ(result["length_alone_accuracy"], 0.5);
  EXPECT_DOUBLE_EQ(value(result["position"]["first_preferred"]), 0.5);
  EXPECT_DOUBLE_EQ(value(result["position"]["first_scored_higher"]), 1);
  EXPECT_DOUBLE_EQ(result["ties"]["mean_difference"], 3);
  EXPECT_DOUBLE_EQ(result["ties"]["mean_difference_elsewhere"], 4.5 / 5);
  EXPECT_EQ(result["hardest"].size(), 1u);
  EXPECT_EQ(result["hardest"][0]["prompt"], "b");
  EXPECT_EQ(result["most_doubtful"][0]["prompt"], "e");
}

TEST(ScoredPairs, TheStrengthOfARankingIsOfItsBestOverItsNextBest) {
  const Ranking ranking{
      .completions = {"a", "b", "c", "d"}, .ranks = {1, 0, 2, 1}, .extra = {{"strength", 3}}};
  std::map<std::string, std::int64_t> strengths;
  for (const ScoredPair& each : scored_pairs(ranking, {{0, 1, 2, 3}, {0, 0, 0, 0}, {1, 1, 1, 1}}))
    strengths[each.chosen_text + each.rejected_text] = each.strength;
  EXPECT_EQ(strengths, (std::map<std::string, std::int64_t>{
                           {"ba", 3}, {"bd", 3}, {"bc", 0}, {"ac", 0}, {"dc", 0}, {"ad", 0}}));
}

// Scores that are the truth three times too large: the temperature finds 3, and the ceiling is the agreement
// of two raters of the truth.
TEST(RewardEvaluation, CeilingIsWhatTwoRatersWouldAgree) {
  Stream random(1, "ceiling");
  std::vector<ScoredPair> pairs;
  double agreement = 0;
  constexpr int kPairs = 20000;
  for (int i = 0; i < kPairs; ++i) {
    const double truth = 1.5 * random.normal(), p = 1 / (1 + std::exp(-truth));
    agreement += (p * p + (1 - p) * (1 - p)) / kPairs;
    pairs.push_back(pair(std::to_string(i), random.chance(p) ? 3 * truth : -3 * truth, 1));
  }
  const Json result = reward_evaluation(pairs);
  EXPECT_NEAR(result["temperature"].get<double>(), 3, 0.15);
  EXPECT_NEAR(result["ceiling"].get<double>(), agreement, 0.01);
  EXPECT_LT(result["ece_after_temperature"], result["ece"]);
}

TEST(RewardEvaluation, LooksAtRepeatedVotes) {
  std::vector<ScoredPair> votes(3, pair("a", 1, 0));
  std::swap(votes[2].chosen, votes[2].rejected);  // one of three saw it the other way
  std::swap(votes[2].chosen_text, votes[2].rejected_text);
  votes.push_back(pair("b", -1, 0));
  const Json raters = reward_evaluation(votes)["raters"];
  EXPECT_EQ(raters["repeated"], 1);
  EXPECT_NEAR(value(raters["agreement"]), 1 / 3.0, 1e-12);
  EXPECT_DOUBLE_EQ(value(raters["majority_accuracy"]), 1);
  EXPECT_DOUBLE_EQ(raters["accuracy_bound"], 0.5);  // they agree no more than coins
  EXPECT_FALSE(reward_evaluation(std::vector{pair("b", 1, 0)}).contains("raters"));
}

TEST(RewardReport, ShowsWhatWasMeasuredAndEscapesTexts) {
  std::vector<ScoredPair> pairs{pair("a", 2, 5), pair("<script>x</script>", -1, -5)};
  Json evaluation = reward_evaluation(pairs);
  evaluation["learning_curve"] = {{{"share", 0.5}, {"comparisons", 5}, {"accuracy", evaluation["accuracy"]}},
                                  {{"share", 1}, {"comparisons", 10}, {"accuracy", evaluation["accuracy"]}}};
  const std::string html = report::reward_report(evaluation, "rm");
  for (const char* words : {"Would more labels help?", "Most surely wrong", "Length and place", "50.0"})
    EXPECT_NE(html.find(words), std::string::npos) << words;
  EXPECT_EQ(html.find("<script>"), std::string::npos);
  pairs.front().tie = pairs.back().tie = true;
  EXPECT_NE(report::reward_report(reward_evaluation(pairs), "ties").find("0 pairs"), std::string::npos);
}

}  // namespace
}  // namespace nudge
