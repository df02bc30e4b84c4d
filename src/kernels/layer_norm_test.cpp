#include "kernels/layer_norm.h"

#include <omp.h>

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

constexpr float kSmallest = 1e-5f;

using Doubles = std::vector<double>;

Doubles widened(const std::vector<float>& x) {
  return {x.begin(), x.end()};
}

Doubles slow_layer_norm(const Doubles& x, const Doubles& w, const Doubles& b, std::int64_t rows,
                        std::int64_t d) {
  Doubles y(x.size());
  for (std::int64_t r = 0; r < rows; ++r) {
    double mean = 0, variance = 0;
    for (std::int64_t i = 0; i < d; ++i) mean += x[r * d + i] / double(d);
    for (std::int64_t i = 0; i < d; ++i) variance += std::pow(x[r * d + i] - mean, 2) / double(d);
    for (std::int64_t i = 0; i < d; ++i)
      y[r * d + i] = (x[r * d + i] - mean) / std::sqrt(variance + double(kSmallest)) * w[i] + b[i];
  }
  return y;
}

TEST(LayerNorm, EqualsTheFormula) {
  on_every_target([] {
    for (std::int64_t rows = 1; rows <= 9; ++rows) {
      for (const std::int64_t d : {2, 7, 16, 33, 100}) {
        auto x = numbers(rows * d, 1, 3);
        for (float& value : x) value += 5;  // a mean that matters
        const auto w = numbers(d, 2), b = numbers(d, 3);
        std::vector<float> y(x.size());
        layer_norm(x.data(), w.data(), b.data(), kSmallest, rows, d, y.data(), nullptr, nullptr);
        EXPECT_LT(worst_error(y, slow_layer_norm(widened(x), widened(w), widened(b), rows, d)), 5e-6);
      }
    }
  });
}

TEST(LayerNorm, GradientEqualsFiniteDifferences) {
  on_every_target([] {
    for (const std::int64_t rows : {1, 3, 130}) {
      const std::int64_t d = 19;
      const auto x = numbers(rows * d, 1, 3), w = numbers(d, 2), b = numbers(d, 4), dy = numbers(rows * d, 3);
      std::vector<float> y(x.size()), means(static_cast<std::size_t>(rows)), inverse(means), dx(x.size()),
          dw(w.size(), 0.5f), db(w.size(), 0.25f);
      layer_norm(x.data(), w.data(), b.data(), kSmallest, rows, d, y.data(), means.data(), inverse.data());
      layer_norm_backward(dy.data(), x.data(), w.data(), means.data(), inverse.data(), rows, d, dx.data(),
                          dw.data(), db.data());
      std::vector<Doubles> inputs{widened(x), widened(w), widened(b)};
      const auto loss = [&] {
        const Doubles y64 = slow_layer_norm(inputs[0], inputs[1], inputs[2], rows, d);
        double sum = 0;
        for (std::size_t i = 0; i < y64.size(); ++i) sum += y64[i] * double(dy[i]);
        return sum;
      };
      const auto expect = [&](std::size_t input, const std::vector<float>& gradient, double start) {
        constexpr double kStep = 1e-5;
        for (std::size_t i = 0; i < gradient.size(); i += 1 + gradient.size() / 50) {
          double& value = inputs[input][i];
          const double kept = value;
          value = kept + kStep;
          const double above = loss();
          value = kept - kStep;
          const double below = loss();
          value = kept;
          EXPECT_NEAR(gradient[i], start + (above - below) / (2 * kStep), 3e-5) << input << " " << i;
        }
      };
      expect(0, dx, 0);
      expect(1, dw, 0.5);
      expect(2, db, 0.25);
    }
  });
}

TEST(LayerNorm, NoBitDependsOnThreadsOrNeighbours) {
  const std::int64_t rows = 1000, d = 61;
  const auto x = numbers(rows * d, 1), w = numbers(d, 2), b = numbers(d, 4), dy = numbers(rows * d, 3);
  const auto with_threads = [&](int threads) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    std::vector<float> y(x.size()), means(rows), inverse(rows), dx(x.size()), dw(d), db(d);
    layer_norm(x.data(), w.data(), b.data(), kSmallest, rows, d, y.data(), means.data(), inverse.data());
    layer_norm_backward(dy.data(), x.data(), w.data(), means.data(), inverse.data(), rows, d, dx.data(),
                        dw.data(), db.data());
    omp_set_num_threads(before);
    return std::vector{y, dx, dw, db};
  };
  const auto one = with_threads(1);
  EXPECT_EQ(one, with_threads(3));
  std::vector<float> alone(d);
  layer_norm(x.data() + 500 * d, w.data(), b.data(), kSmallest, 1, d, alone.data(), nullptr, nullptr);
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), one[0].begin() + 500 * d));
}

}  // namespace
}  // namespace nudge::kernels
