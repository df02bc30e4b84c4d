#include "objectives/token_rewards.h"

#include <gtest/gtest.h>

namespace nudge {
namespace {

using Rows = std::vector<std::vector<float>>;

TEST(TokenRewards, LeashAtEveryTokenAndScoreAtTheLast) {
  const Ragged all = token_rewards(Ragged::of(Rows{{0.5F, -0.25F, 1.0F}}), 0.2, std::vector{3.0});
  const auto rewards = all.row(0);
  ASSERT_EQ(rewards.size(), 3U);
  EXPECT_FLOAT_EQ(rewards[0], -0.1F);
  EXPECT_FLOAT_EQ(rewards[1], 0.05F);
  EXPECT_FLOAT_EQ(rewards[2], -0.2F + 3.0F);
}

TEST(TokenRewards, ASingleTokenCarriesBoth) {
  EXPECT_FLOAT_EQ(token_rewards(Ragged::of(Rows{{2.0F}}), 0.5, std::vector{1.0}).row(0)[0], 0.0F);
}

TEST(TokenRewards, WithoutALeashOnlyTheScoreIsLeft) {
  const Ragged all = token_rewards(Ragged::of(Rows{{7.0F, 7.0F}}), 0.0, std::vector{-1.5});
  const auto rewards = all.row(0);
  EXPECT_FLOAT_EQ(rewards[0], 0.0F);
  EXPECT_FLOAT_EQ(rewards[1], -1.5F);
}

TEST(TokenRewards, OneStepMoreAfterTheEndAndNoneForAnEmptyRow) {
  const Ragged rewards = token_rewards(Ragged::of(Rows{{1.0F}, {}, {1.0F, 2.0F}}), 0.5,
                                       std::vector{3.0, 4.0, 5.0}, {true, false, false});
  EXPECT_EQ(rewards.lengths(), (std::vector<std::int64_t>{2, 0, 2}));
  EXPECT_EQ(rewards.sums(), (std::vector<double>{-0.5 + 3, 0, -1.5 + 5}));
}

}  // namespace
}  // namespace nudge
