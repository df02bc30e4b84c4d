#include "kernels/adamw.h"

#include <omp.h>

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

TEST(AdamW, FollowsTheFormulaForTwentySteps) {
  on_every_target([] {
    for (const std::int64_t n : {1, 15, 64, 1000, 20000}) {
      auto p = numbers(n, 1);
      std::vector<float> m(p.size()), v(p.size());
      std::vector<double> p64(p.begin(), p.end()), m64(p.size()), v64(p.size());
      for (std::int64_t step = 1; step <= 20; ++step) {
        const auto g = numbers(n, unsigned(100 + step));
        const AdamWRule rule{.learning_rate = 1e-2f,
                             .beta1 = 0.9f,
                             .beta2 = 0.99f,
                             .epsilon = 1e-8f,
                             .weight_decay = 0.1f,
                             .gradient_scale = 0.25f,
                             .step = step};
        adamw(rule, n, p.data(), g.data(), m.data(), v.data());
        const double b1 = rule.beta1, b2 = rule.beta2, lr = rule.learning_rate;
        for (std::size_t i = 0; i < p.size(); ++i) {
          const double gradient = double(g[i]) * 0.25;
          p64[i] *= 1 - lr * double(rule.weight_decay);
          m64[i] = b1 * m64[i] + (1 - b1) * gradient;
          v64[i] = b2 * v64[i] + (1 - b2) * gradient * gradient;
          p64[i] -= lr * (m64[i] / (1 - std::pow(b1, double(step)))) /
                    (std::sqrt(v64[i] / (1 - std::pow(b2, double(step)))) + double(rule.epsilon));
        }
      }
      EXPECT_LT(worst_error(p, p64), 1e-6);
      EXPECT_LT(worst_error(v, v64), 1e-6);
    }
  });
}

TEST(AdamW, SameBitsForAnyNumberOfThreads) {
  const std::int64_t n = 100003;
  const auto g = numbers(n, 2);
  const auto with_threads = [&](int threads) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    auto p = numbers(n, 1);
    std::vector<float> m(p.size()), v(p.size());
    adamw({1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, 1, 1}, n, p.data(), g.data(), m.data(), v.data());
    p.push_back(static_cast<float>(sum_of_squares(g.data(), n)));
    omp_set_num_threads(before);
    return p;
  };
  EXPECT_EQ(with_threads(1), with_threads(3));
}

TEST(SumOfSquares, IsExactToDoubleAndCannotOverflowFloat) {
  on_every_target([] {
    for (const std::int64_t n : {0, 1, 17, 16384, 50001}) {
      const auto x = numbers(n, 1, 1e25f);
      double expected = 0;
      for (const float value : x) expected += double(value) * double(value);
      EXPECT_NEAR(sum_of_squares(x.data(), n), expected, 1e-12 * expected);
    }
    auto x = numbers(100, 1);
    x[57] = INFINITY;
    EXPECT_EQ(sum_of_squares(x.data(), 100), INFINITY);
    x[58] = NAN;
    EXPECT_TRUE(std::isnan(sum_of_squares(x.data(), 100)));
  });
}

}  // namespace
}  // namespace nudge::kernels
