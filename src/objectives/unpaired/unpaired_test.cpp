#include "base/error.h"
#include "objectives/goldens_test.h"
#include "objectives/unpaired/bco.h"
#include "objectives/unpaired/kto.h"

namespace nudge {
namespace {

TEST(Kto, TheReferencePointIsNeverBelowZero) {
  EXPECT_EQ(kto_reference_point(at::tensor({-3.0, 1.0}, at::kDouble)), 0);
  EXPECT_EQ(kto_reference_point(at::tensor({3.0, 1.0}, at::kDouble)), 2);
}

TEST(RunningMean, OfPiecesIsTheMeanOfAll) {
  RunningMean mean;
  for (const auto& piece : {at::tensor({1.0, 2.0, 6.0}), at::empty({0}), at::tensor({-5.0})}) mean.add(piece);
  EXPECT_NEAR(mean.mean, 1, 1e-12);
  EXPECT_EQ(mean.count, 4);
}

}  // namespace
}  // namespace nudge
