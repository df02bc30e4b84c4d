#include "kernels/norm.h"

#include <omp.h>

#include <functional>

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

constexpr float kEps = 1e-5f;

std::vector<double> slow_norm(const std::vector<double>& x, const std::vector<double>& w, std::int64_t rows,
                              std::int64_t d) {
  std::vector<double> y(x.size());
  for (std::int64_t r = 0; r < rows; ++r) {
    double squares = 0;
    for (std::int64_t i = 0; i < d; ++i) squares += x[r * d + i] * x[r * d + i];
    for (std::int64_t i = 0; i < d; ++i) {
      y[r * d + i] = x[r * d + i] / std::sqrt(squares / double(d) + double(kEps)) * w[i];
    }
  }
  return y;
}

std::vector<double> doubles(const std::vector<float>& x) {
  return {x.begin(), x.end()};
}

TEST(RmsNorm, EqualsTheFormula) {
  on_every_target([] {
    for (std::int64_t rows = 1; rows <= 9; ++rows) {
      for (const std::int64_t d : {1, 7, 16, 33, 100}) {
        const auto x = numbers(rows * d, 1, 3), w = numbers(d, 2);
        std::vector<float> y(x.size());
        rms_norm(x.data(), w.data(), kEps, rows, d, y.data(), nullptr);
        EXPECT_LT(worst_error(y, slow_norm(doubles(x), doubles(w), rows, d)), 1e-6);
      }
    }
  });
}

TEST(RmsNorm, GradientEqualsFiniteDifferences) {
  on_every_target([] {
    for (const std::int64_t rows : {1, 3, 130}) {
      const std::int64_t d = 19;
      const auto x = numbers(rows * d, 1, 3), w = numbers(d, 2), dy = numbers(rows * d, 3);
      std::vector<float> y(x.size()), inverse(static_cast<std::size_t>(rows)), dx(x.size()),
          dw(w.size(), 0.5f);
      rms_norm(x.data(), w.data(), kEps, rows, d, y.data(), inverse.data());
      rms_norm_backward(dy.data(), x.data(), w.data(), inverse.data(), rows, d, dx.data(), dw.data());
      const auto loss = [&](const std::vector<double>& x64, const std::vector<double>& w64) {
        const auto y64 = slow_norm(x64, w64, rows, d);
        double sum = 0;
        for (std::size_t i = 0; i < y64.size(); ++i) sum += y64[i] * double(dy[i]);
        return sum;
      };
      constexpr double kStep = 1e-5;
      for (std::size_t i = 0; i < x.size(); i += 1 + x.size() / 50) {
        auto up = doubles(x), down = up;
        up[i] += kStep;
        down[i] -= kStep;
        EXPECT_NEAR(dx[i], (loss(up, doubles(w)) - loss(down, doubles(w))) / (2 * kStep), 1e-5);
      }
      for (std::size_t i = 0; i < w.size(); ++i) {
        auto up = doubles(w), down = up;
        up[i] += kStep;
        down[i] -= kStep;
        EXPECT_NEAR(dw[i], 0.5 + (loss(doubles(x), up) - loss(doubles(x), down)) / (2 * kStep), 2e-5);
      }
    }
  });
}

TEST(RmsNorm, WeightGradientDoesNotDependOnThreads) {
  const std::int64_t rows = 1000, d = 64;
  const auto x = numbers(rows * d, 1), w = numbers(d, 2), dy = numbers(rows * d, 3);
  const std::vector<float> inverse(static_cast<std::size_t>(rows), 1.5f);
  const auto with_threads = [&](int threads) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    std::vector<float> dx(x.size()), dw(w.size());
    rms_norm_backward(dy.data(), x.data(), w.data(), inverse.data(), rows, d, dx.data(), dw.data());
    omp_set_num_threads(before);
    return dw;
  };
  EXPECT_EQ(with_threads(1), with_threads(3));
}

TEST(RmsNorm, OfHeadsIsThatOfEachAlone) {
  on_every_target([] {
    const std::int64_t rows = 70, heads = 3, d = 19, ld = heads * d + 6;
    const auto x = numbers(rows * ld, 1, 3), w = numbers(d, 2), dy = numbers(rows * ld, 3);
    std::vector<float> y(x), inverse(static_cast<std::size_t>(rows * heads)), dx(dy), dw(w.size());
    rms_norm_heads({rows, heads, d, ld}, y.data(), w.data(), kEps, y.data(), inverse.data());
    rms_norm_heads_backward({rows, heads, d, ld}, dx.data(), x.data(), w.data(), inverse.data(), dx.data(),
                            dw.data());
    std::vector<double> expected_dw(w.size());
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t h = 0; h < heads; ++h) {
        const std::int64_t at = r * ld + h * d;
        std::vector<float> one(d), d_one(d), dw_one(d);
        float its_inverse;
        rms_norm(x.data() + at, w.data(), kEps, 1, d, one.data(), &its_inverse);
        rms_norm_backward(dy.data() + at, x.data() + at, w.data(), &its_inverse, 1, d, d_one.data(),
                          dw_one.data());
        EXPECT_TRUE(std::equal(one.begin(), one.end(), y.begin() + at));
        EXPECT_TRUE(std::equal(d_one.begin(), d_one.end(), dx.begin() + at));
        for (std::int64_t i = 0; i < d; ++i) expected_dw[i] += double(dw_one[i]);
      }
      // What lies between the heads' rows stays.
      EXPECT_TRUE(std::equal(x.begin() + r * ld + heads * d, x.begin() + (r + 1) * ld,
                             y.begin() + r * ld + heads * d));
    }
    EXPECT_LT(worst_error(dw, expected_dw), 1e-5);
  });
}

}  // namespace
}  // namespace nudge::kernels
