#include "kernels/activation.h"

#include <functional>

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

struct Formula {
  Activation f;
  std::function<double(double)> value;
};

const Formula kFormulas[] = {
    {Activation::silu, [](double x) { return x / (1 + std::exp(-x)); }},
    {Activation::gelu, [](double x) { return x * std::erfc(-x / std::sqrt(2.0)) / 2; }},
    {Activation::gelu_tanh, [](double x) {
       return x * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x))) / 2;
     }}};

double slope(const Formula& formula, double x) {
  constexpr double kStep = 1e-5;
  return (formula.value(x + kStep) - formula.value(x - kStep)) / (2 * kStep);
}

TEST(Activations, ValueAndGradientEqualTheFormula) {
  on_every_target([] {
    for (const Formula& formula : kFormulas) {
      for (const std::int64_t n : {1, 8, 21, 1000}) {
        const auto x = numbers(n, 1, 10), dy = numbers(n, 2);
        std::vector<float> y(x.size()), dx(x.size());
        activate(formula.f, x.data(), n, y.data());
        activate_backward(formula.f, dy.data(), x.data(), n, dx.data());
        std::vector<double> expected, d_expected;
        for (std::size_t i = 0; i < x.size(); ++i) {
          expected.push_back(formula.value(x[i]));
          d_expected.push_back(double(dy[i]) * slope(formula, x[i]));
        }
        EXPECT_LT(worst_error(y, expected), 1e-6);
        EXPECT_LT(worst_error(dx, d_expected), 1e-6);
      }
    }
  });
}

TEST(Activations, GatesMultiply) {
  on_every_target([] {
    for (const Formula& formula : kFormulas) {
      for (const std::int64_t rows : {1, 5, 9}) {
        for (const std::int64_t f : {1, 8, 21, 64}) {
          const auto gate_up = numbers(rows * 2 * f, 1, 10), dy = numbers(rows * f, 2);
          std::vector<float> y(dy.size()), d_gate_up(gate_up.size());
          gate(formula.f, gate_up.data(), rows, f, y.data());
          gate_backward(formula.f, dy.data(), gate_up.data(), rows, f, d_gate_up.data());
          std::vector<double> expected(y.size()), d_expected(gate_up.size());
          for (std::int64_t r = 0; r < rows; ++r) {
            for (std::int64_t i = 0; i < f; ++i) {
              const double g = gate_up[r * 2 * f + i], u = gate_up[r * 2 * f + f + i];
              const double gradient = dy[r * f + i];
              expected[r * f + i] = formula.value(g) * u;
              d_expected[r * 2 * f + i] = gradient * u * slope(formula, g);
              d_expected[r * 2 * f + f + i] = gradient * formula.value(g);
            }
          }
          EXPECT_LT(worst_error(y, expected), 1e-6);
          EXPECT_LT(worst_error(d_gate_up, d_expected), 3e-6);
        }
      }
    }
  });
}

TEST(Activations, LargeNumbersSaturate) {
  on_every_target([] {
    for (const Formula& formula : kFormulas) {
      const std::vector<float> x{-1000, -100, 100, 1000};
      std::vector<float> y(4), dx(4), ones(4, 1);
      activate(formula.f, x.data(), 4, y.data());
      activate_backward(formula.f, ones.data(), x.data(), 4, dx.data());
      EXPECT_NEAR(y[0], 0, 1e-30);
      EXPECT_NEAR(y[1], 0, 1e-30);
      EXPECT_EQ(y[2], 100);
      EXPECT_EQ(y[3], 1000);
      EXPECT_NEAR(dx[0], 0, 1e-25);
      EXPECT_EQ(dx[3], 1);
    }
  });
}

// erf has few digits where gelu of a negative number needs them.
TEST(Activations, GeluKeepsItsDigitsInTheTail) {
  on_every_target([] {
    std::vector<float> x, y(60);
    for (int i = 0; i < 60; ++i) x.push_back(-0.1f * static_cast<float>(i + 1));
    activate(Activation::gelu, x.data(), 60, y.data());
    for (int i = 0; i < 60; ++i) EXPECT_NEAR(double(y[i]) / kFormulas[1].value(x[i]), 1, 1e-5) << x[i];
  });
}

}  // namespace
}  // namespace nudge::kernels
