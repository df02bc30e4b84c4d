#include "objectives/overlong.h"

#include <gtest/gtest.h>

namespace nudge {
namespace {

// The first three are TRL's own test of get_soft_overlong_punishment(100, 20).
TEST(OverlongPunishment, GrowsOverTheBuffer) {
  EXPECT_EQ(overlong_punishment(50, 100, 20), 0);
  EXPECT_EQ(overlong_punishment(90, 100, 20), -0.5);
  EXPECT_EQ(overlong_punishment(110, 100, 20), -1);
  EXPECT_EQ(overlong_punishment(80, 100, 20), 0);
  EXPECT_EQ(overlong_punishment(100, 100, 20), -1);
  EXPECT_EQ(overlong_punishment(100, 100, 0), 0);
}

}  // namespace
}  // namespace nudge
