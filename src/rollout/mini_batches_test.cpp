#include "rollout/mini_batches.h"

#include <gtest/gtest.h>

namespace nudge {
namespace {

using Batches = std::vector<std::vector<std::int64_t>>;

TEST(MiniBatches, CutAPassIntoNearlyEqualParts) {
  EXPECT_EQ(mini_batches({4, 2, 0, 1, 3}, 2), (Batches{{4, 2}, {0, 1, 3}}));
  EXPECT_EQ(mini_batches({4, 2}, 1), (Batches{{4, 2}}));
}

TEST(MiniBatches, LeaveOutWhatWouldBeEmpty) {
  EXPECT_EQ(mini_batches({7}, 3), (Batches{{7}}));
  EXPECT_EQ(mini_batches({}, 2), Batches{});
}

}  // namespace
}  // namespace nudge
