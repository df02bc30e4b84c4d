#include "objectives/group_advantage.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

// Values by every framework's convention are in replay_test.cpp; here is what holds for all of them.
TEST(GroupAdvantages, AShiftOfAllRewardsOfAPromptChangesNothing) {
  const std::vector<double> rewards = {1, 2, 4, 0.5}, shifted = {11, 12, -6, -9.5};
  for (Baseline baseline : {Baseline::group, Baseline::leave_one_out}) {
    const GroupAdvantageOptions options{.baseline = baseline, .scale = RewardScale::group};
    const auto first = group_advantages(rewards, {}, 2, options),
               second = group_advantages(shifted, {}, 2, options);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(first[i], second[i], 1e-9);
  }
}

TEST(GroupAdvantages, LeaveOneOutIsTheGroupMeanStretched) {
  const std::vector<double> rewards = {1, 2, 4, 0.5};
  GroupAdvantageOptions options{.scale = RewardScale::none};
  const auto mean = group_advantages(rewards, {}, 4, options);
  options.baseline = Baseline::leave_one_out;
  const auto others = group_advantages(rewards, {}, 4, options);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(others[i], mean[i] * 4 / 3, 1e-12);
}

TEST(GroupAdvantages, GreedyRewardsAreTheBaselineOfTheirGroup) {
  const std::vector<double> rewards = {1, 2, 4, 0.5}, greedy = {1.5, NAN};
  const auto advantages =
      group_advantages(rewards, greedy, 2, {.baseline = Baseline::greedy, .scale = RewardScale::none});
  EXPECT_EQ(advantages[0], -0.5);
  EXPECT_EQ(advantages[1], 0.5);
  EXPECT_TRUE(std::isnan(advantages[2]) && std::isnan(advantages[3]));
}

TEST(GroupAdvantages, AnUnscorableRewardStaysOneAndMovesNoOther) {
  const std::vector<double> rewards = {1, 3, NAN, NAN};
  const auto advantages = group_advantages(rewards, {}, 4, {.scale = RewardScale::none});
  EXPECT_EQ(advantages[0], -1);
  EXPECT_EQ(advantages[1], 1);
  EXPECT_TRUE(std::isnan(advantages[2]));
  const std::vector<double> lone = {1, NAN};
  for (Baseline baseline : {Baseline::group, Baseline::leave_one_out}) {
    EXPECT_TRUE(
        std::isnan(group_advantages(lone, {}, 2, {.baseline = baseline, .scale = RewardScale::group})[0]));
  }
}

// clip_ratio counted the tokens of an advantage of 5.6e-17, which is what the mean's rounding left.
TEST(GroupAdvantages, WhatEqualsTheBaselineHasNoneAtAll) {
  for (const std::vector<double>& rewards :
       {std::vector<double>{0.1, 0.2, 0.3}, {0.7, 0.7, 0.7}, {-0.3, 0.1, 0.2, 0}, {0.1, 0.7, NAN, 0.4}}) {
    for (const Baseline baseline : {Baseline::group, Baseline::leave_one_out}) {
      auto advantages = group_advantages(rewards, {}, std::ssize(rewards),
                                         {.baseline = baseline, .scale = RewardScale::group});
      for (const bool normalized : {false, true}) {
        if (normalized) normalize(advantages, 1e-4);
        for (const double advantage : advantages)
          EXPECT_TRUE(std::isnan(advantage) || advantage == 0 || std::abs(advantage) > 1e-6) << advantage;
      }
    }
  }
}

TEST(GroupAdvantages, RefusesPiecesOfGroups) {
  const std::vector<double> rewards = {1, 2, 3};
  EXPECT_THROW(group_advantages(rewards, {}, 2, {}), Error);
  EXPECT_THROW(group_advantages(rewards, {}, 1, {.baseline = Baseline::greedy}), Error);
}

}  // namespace
}  // namespace nudge
