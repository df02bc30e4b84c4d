#include "kernels/logit_curve.h"

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

TEST(BendLogits, EqualsTheFormulaAndItsDerivative) {
  on_every_target([] {
    for (const std::int64_t n : {1, 8, 21, 1000}) {
      for (const auto& [scale, cap] :
           std::vector<std::pair<float, float>>{{1, 30}, {0.5f, 3}, {2, 0}, {1, 0}}) {
        const auto x = numbers(n, 1, 60);
        auto y = x;
        std::vector<float> slopes(x.size());
        bend_logits(y.data(), n, scale, cap, slopes.data());
        std::vector<double> expected, d_expected;
        for (const float value : x) {
          const double s = scale, c = cap, t = c > 0 ? std::tanh(s * double(value) / c) : 0;
          expected.push_back(c > 0 ? c * t : s * double(value));
          d_expected.push_back(c > 0 ? s * (1 - t * t) : s);
        }
        EXPECT_LT(worst_error(y, expected), 1e-6);
        EXPECT_LT(worst_error(slopes, d_expected), 1e-6);
        auto again = x;
        bend_logits(again.data(), n, scale, cap, nullptr);
        EXPECT_EQ(again, y);
      }
    }
  });
}

// What is small must not lose its digits.
TEST(BendLogits, LeavesSmallNumbersAsTheyAre) {
  on_every_target([] {
    std::vector<float> x{1e-6f, -3e-4f, 1e-2f};
    const auto before = x;
    bend_logits(x.data(), 3, 1, 30, nullptr);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(x[i] / before[i], 1, 1e-6);
  });
}

}  // namespace
}  // namespace nudge::kernels
