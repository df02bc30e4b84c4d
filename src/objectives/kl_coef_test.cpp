#include "objectives/kl_coef.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

TEST(KlCoef, AdaptiveFollowsZieglersLaw) {
  const KlCoefOptions options{.start = 0.15, .target = 6, .horizon = 10000};
  // 50 % above the target: clipped to 20 %
  const double tighter = next_kl_coef(options.start, 9, 500, options);
  EXPECT_DOUBLE_EQ(tighter, 0.15 * (1 + 0.2 * 500 / 10000));
  // 10 % below
  EXPECT_NEAR(next_kl_coef(tighter, 5.4, 500, options), tighter * (1 - 0.1 * 500 / 10000), 1e-15);
}

TEST(KlCoef, FixedStays) {
  EXPECT_EQ(next_kl_coef(0.05, 100, 1000, {}), 0.05);
  EXPECT_EQ(next_kl_coef(0.05, std::nan(""), 1000, {}), 0.05);
}

TEST(KlCoef, RefusesNonsense) {
  EXPECT_THROW(next_kl_coef(0.1, 6, 8, {.target = 0}), Error);
  EXPECT_THROW(next_kl_coef(0.1, 6, 8, {.target = 6, .horizon = 0}), Error);
  EXPECT_THROW(next_kl_coef(0.1, std::nan(""), 8, {.target = 6}), Error);
}

}  // namespace
}  // namespace nudge
