#include "objectives/token_rewards.h"

#include <gtest/gtest.h>

namespace nudge {
namespace {

TEST(TokenRewards, LeashAtEveryTokenAndScoreAtTheLast) {
  const std::vector<float> kl = {0.5F, -0.25F, 1.0F};
  const std::vector<float> rewards = token_rewards(kl, 0.2, 3.0);
  ASSERT_EQ(rewards.size(), 3U);
  EXPECT_FLOAT_EQ(rewards[0], -0.1F);
  EXPECT_FLOAT_EQ(rewards[1], 0.05F);
  EXPECT_FLOAT_EQ(rewards[2], -0.2F + 3.0F);
}

TEST(TokenRewards, ASingleTokenCarriesBoth) {
  const std::vector<float> kl = {2.0F};
  EXPECT_FLOAT_EQ(token_rewards(kl, 0.5, 1.0).front(), 0.0F);
}

TEST(TokenRewards, WithoutALeashOnlyTheScoreIsLeft) {
  const std::vector<float> kl = {7.0F, 7.0F};
  const std::vector<float> rewards = token_rewards(kl, 0.0, -1.5);
  EXPECT_FLOAT_EQ(rewards[0], 0.0F);
  EXPECT_FLOAT_EQ(rewards[1], -1.5F);
}

}  // namespace
}  // namespace nudge
