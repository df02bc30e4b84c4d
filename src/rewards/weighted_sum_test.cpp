#include "rewards/weighted_sum.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "rewards/component_metrics.h"
#include "rewards/function_reward.h"

namespace nudge {
namespace {

// A reward that gives these scores, in order.
std::unique_ptr<Reward> fixed(const std::string& name, std::vector<double> scores) {
  return std::make_unique<FunctionReward>(name, [scores = std::move(scores)](const Trajectory& trajectory) {
    return scores.at(static_cast<std::size_t>(trajectory.policy_version));
  });
}

std::vector<Trajectory> numbered(std::int64_t count) {
  std::vector<Trajectory> trajectories(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) trajectories[static_cast<std::size_t>(i)].policy_version = i;
  return trajectories;
}

WeightedSum two_rewards(std::vector<double> first, double weight, std::vector<double> second) {
  std::vector<WeightedReward> parts;
  parts.push_back({fixed("first", std::move(first)), 1});
  parts.push_back({fixed("second", std::move(second)), weight});
  return WeightedSum(std::move(parts));
}

TEST(WeightedSum, AddsWeightedScoresAndKeepsTheComponents) {
  WeightedSum sum = two_rewards({1, 2}, -0.5, {10, 20});
  EXPECT_EQ(sum.name(), "first+second");
  auto trajectories = numbered(2);
  sum.score(trajectories);
  EXPECT_EQ(trajectories[0].score, 1 - 5);
  EXPECT_EQ(trajectories[1].score, 2 - 10);
  const std::vector<std::pair<std::string, double>> expected = {{"first", 2}, {"second", 20}};
  EXPECT_EQ(trajectories[1].components, expected);
  ASSERT_EQ(trajectories[1].terms.size(), 2U);
  EXPECT_EQ(trajectories[1].terms[0].score, 2);
  EXPECT_EQ(trajectories[1].terms[1].score, 20);
  EXPECT_EQ(trajectories[1].terms[1].weight, -0.5);
}

TEST(WeightedSum, LeavesOutWhatCannotBeScored) {
  WeightedSum sum = two_rewards({NAN, 2, NAN}, 3, {1, NAN, NAN});
  auto trajectories = numbered(3);
  sum.score(trajectories);
  EXPECT_EQ(trajectories[0].score, 3);
  EXPECT_EQ(trajectories[1].score, 2);
  EXPECT_TRUE(std::isnan(trajectories[2].score));
  EXPECT_TRUE(std::isnan(trajectories[0].components.at(0).second));
  EXPECT_TRUE(std::isnan(trajectories[0].terms.at(0).score));
  EXPECT_EQ(trajectories[0].terms.at(1).score, 1);
  sum.score(trajectories);
  EXPECT_EQ(trajectories[0].terms.size(), 2U);  // scored anew, they are written anew
}

TEST(WeightedSum, RefusesNoneAndTwoOfOneName) {
  EXPECT_THROW(WeightedSum({}), Error);
  std::vector<WeightedReward> twins;
  twins.push_back({fixed("one", {})});
  twins.push_back({fixed("one", {})});
  EXPECT_THROW(WeightedSum(std::move(twins)), Error);
}

TEST(FunctionReward, FillsScoreAndComponent) {
  FunctionReward reward("length", [](const Trajectory& trajectory) {
    return static_cast<double>(trajectory.completion.size());
  });
  std::vector<Trajectory> trajectories(1);
  trajectories[0].completion = "four";
  reward.score(trajectories);
  EXPECT_EQ(trajectories[0].score, 4);
  EXPECT_EQ(trajectories[0].components.at(0), (std::pair<std::string, double>("length", 4)));
}

TEST(ComponentMetrics, AreTrlsAndCountWhatCouldNotBeScored) {
  WeightedSum sum = two_rewards({1, 2, 6, NAN}, 1, {NAN, NAN, NAN, 5});
  auto trajectories = numbered(4);
  sum.score(trajectories);
  const Metrics metrics = component_metrics(trajectories);
  std::map<std::string, double> named(metrics.begin(), metrics.end());
  EXPECT_EQ(named["rewards/first/mean"], 3);
  EXPECT_NEAR(named["rewards/first/std"], std::sqrt((4 + 1 + 9) / 2.0), 1e-12);
  EXPECT_EQ(named["rewards/first/unscorable"], 0.25);
  EXPECT_EQ(named["rewards/second/mean"], 5);
  EXPECT_TRUE(std::isnan(named["rewards/second/std"]));
  EXPECT_EQ(named["rewards/second/unscorable"], 0.75);
  EXPECT_TRUE(component_metrics({}).empty());
}

}  // namespace
}  // namespace nudge
