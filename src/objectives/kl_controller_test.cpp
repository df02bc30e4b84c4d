#include "objectives/kl_controller.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

TEST(KlController, AdaptiveFollowsZieglersLaw) {
  auto controller = KlController::adaptive(0.15, 6, 10000);
  controller.update(9, 500);  // 50 % above the target: clipped to 20 %
  EXPECT_DOUBLE_EQ(controller.coefficient(), 0.15 * (1 + 0.2 * 500 / 10000));
  const double before = controller.coefficient();
  controller.update(5.4, 500);  // 10 % below
  EXPECT_NEAR(controller.coefficient(), before * (1 - 0.1 * 500 / 10000), 1e-15);
  controller.restore(0.3);
  EXPECT_EQ(controller.coefficient(), 0.3);
}

TEST(KlController, FixedStays) {
  auto controller = KlController::fixed(0.05);
  controller.update(100, 1000);
  EXPECT_EQ(controller.coefficient(), 0.05);
}

TEST(KlController, RefusesNonsense) {
  EXPECT_THROW(KlController::adaptive(0.1, 0, 10000), Error);
  EXPECT_THROW(KlController::adaptive(0.1, 6, 0), Error);
  auto controller = KlController::adaptive(0.1, 6, 10000);
  EXPECT_THROW(controller.update(std::nan(""), 8), Error);
}

}  // namespace
}  // namespace nudge
