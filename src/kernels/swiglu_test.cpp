#include "kernels/swiglu.h"

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

double slow_swiglu(double gate, double up) {
  return gate / (1 + std::exp(-gate)) * up;
}

TEST(Swiglu, ValueAndGradientEqualTheFormula) {
  on_every_target([] {
    for (const std::int64_t rows : {1, 5, 9}) {
      for (const std::int64_t f : {1, 8, 21, 64}) {
        const auto gate_up = numbers(rows * 2 * f, 1, 10), dy = numbers(rows * f, 2);
        std::vector<float> y(dy.size()), d_gate_up(gate_up.size());
        swiglu(gate_up.data(), rows, f, y.data());
        swiglu_backward(dy.data(), gate_up.data(), rows, f, d_gate_up.data());
        std::vector<double> expected(y.size()), d_expected(gate_up.size());
        for (std::int64_t r = 0; r < rows; ++r) {
          for (std::int64_t i = 0; i < f; ++i) {
            const double g = gate_up[r * 2 * f + i], u = gate_up[r * 2 * f + f + i], step = 1e-5;
            const double gradient = dy[r * f + i];
            expected[r * f + i] = slow_swiglu(g, u);
            d_expected[r * 2 * f + i] =
                gradient * (slow_swiglu(g + step, u) - slow_swiglu(g - step, u)) / (2 * step);
            d_expected[r * 2 * f + f + i] = gradient * slow_swiglu(g, 1);
          }
        }
        EXPECT_LT(worst_error(y, expected), 1e-6);
        EXPECT_LT(worst_error(d_gate_up, d_expected), 1e-6);
      }
    }
  });
}

TEST(Swiglu, LargeGatesSaturate) {
  on_every_target([] {
    const std::vector<float> gate_up{-1000, -100, 100, 1000, 1, 1, 1, 1};
    std::vector<float> y(4);
    swiglu(gate_up.data(), 1, 4, y.data());
    EXPECT_NEAR(y[0], 0, 1e-30);
    EXPECT_NEAR(y[1], 0, 1e-30);
    EXPECT_EQ(y[2], 100);
    EXPECT_EQ(y[3], 1000);
  });
}

}  // namespace
}  // namespace nudge::kernels
