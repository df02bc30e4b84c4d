#include "rewards/combination.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "rewards/ensemble.h"
#include "rewards/function_reward.h"

namespace nudge {
namespace {

Combination combination(const std::string& settings,
                        const std::vector<std::string>& names = {"a", "b", "c"}) {
  const RewardSpec spec = parse_reward_spec("model" + settings);
  SpecReader reader(spec);
  Combination combination(reader);
  reader.finish();
  combination.require_fits(names, "test");
  return combination;
}

const std::vector<double> kOpinions{1, 4, 1};  // mean 2, standard deviation sqrt(3)

TEST(Combination, ComputesWhatItSays) {
  EXPECT_DOUBLE_EQ(combination(",combine=mean")(kOpinions), 2);
  EXPECT_DOUBLE_EQ(combination(",combine=min")(kOpinions), 1);
  EXPECT_DOUBLE_EQ(combination(",combine=mean_minus_std")(kOpinions), 2 - std::sqrt(3));
  EXPECT_DOUBLE_EQ(combination(",combine=mean_minus_std,k=0.5")(kOpinions), 2 - std::sqrt(3) / 2);
  EXPECT_DOUBLE_EQ(combination(",weights=1/0.5/-1")(kOpinions), 2);
  EXPECT_DOUBLE_EQ(combination(",head=b")(kOpinions), 4);
  EXPECT_DOUBLE_EQ(combination("", {"only"})(std::vector<double>{7}), 7);
}

TEST(Combination, WhatOneCannotScoreNobodyCan) {
  const std::vector<double> opinions{1, NAN, 0};
  for (const char* how : {",combine=mean", ",combine=min", ",combine=mean_minus_std", ",weights=1/1/1"})
    EXPECT_TRUE(std::isnan(combination(how)(opinions))) << how;
  EXPECT_EQ(combination(",head=c")(opinions), 0);
}

TEST(Combination, RefusesWhatDoesNotFit) {
  EXPECT_THROW(combination(""), Error);  // three opinions and no word on them
  EXPECT_THROW(combination(",head=d"), Error);
  EXPECT_THROW(combination(",weights=1/2"), Error);
  EXPECT_THROW(combination(",weights=1/x/2"), UsageError);
  EXPECT_THROW(combination(",combine=median"), UsageError);
  EXPECT_THROW(combination(",combine=mean,head=a"), UsageError);
  EXPECT_THROW(combination(",combine=mean,k=2"), UsageError);
}

TEST(Ensemble, CombinesItsMembersAndShowsTheirDisagreement) {
  std::vector<std::unique_ptr<Reward>> members;
  for (const double score : kOpinions)
    members.push_back(std::make_unique<FunctionReward>("m", [score](const Trajectory&) { return score; }));
  Ensemble ensemble("all", std::move(members), combination(",combine=min"));
  std::vector<Trajectory> trajectories(2);
  trajectories[0].components.emplace_back("before", 5);
  ensemble.score(trajectories);
  EXPECT_EQ(trajectories[0].score, 1);
  ASSERT_EQ(trajectories[0].components.size(), 6u);
  EXPECT_EQ(trajectories[0].components[0].first, "before");
  EXPECT_EQ(trajectories[1].components[0], (std::pair<std::string, double>{"all", 1}));
  EXPECT_EQ(trajectories[1].components[1].first, "all/std");
  EXPECT_DOUBLE_EQ(trajectories[1].components[1].second, std::sqrt(3));
  EXPECT_EQ(trajectories[1].components[3].second, 4);
}

}  // namespace
}  // namespace nudge
