#include "rollout/first_ratio.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

const RatioCheck kCheck{.algorithm = "ppo"};

TEST(FirstRatio, OneTokenMayRoundAndAllMayNotMove) {
  const at::Tensor old_N = at::full({1000}, -2.0F);
  at::Tensor now_N = old_N.clone();
  now_N[17] -= 1.2e-4;  // seen at rollout 36 of a model of 0.9 million parameters that had become sharp
  EXPECT_NEAR(check_first_ratio(now_N, old_N, kCheck), 1.2e-4, 1e-6);
  EXPECT_THROW(check_first_ratio(old_N - 2e-4, old_N, kCheck), Error);
  now_N[17] -= 0.1;  // a token that means something else
  EXPECT_THROW(check_first_ratio(now_N, old_N, kCheck), Error);
}

}  // namespace
}  // namespace nudge
