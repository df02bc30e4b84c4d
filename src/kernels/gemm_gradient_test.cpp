#include "kernels/gemm_gradient.h"

#include <omp.h>

#include "kernels/testing.h"

namespace nudge::kernels {
namespace {

TEST(GemmWeightGradient, EqualsTheTripleLoop) {
  const std::int64_t shapes[][3] = {{1, 1, 1},   {3, 5, 7},     {9, 4, 24},     {16, 9, 25},
                                    {8, 33, 48}, {300, 17, 53}, {600, 70, 100}, {520, 300, 9}};
  on_every_target([&] {
    for (const auto& [m, n, k] : shapes) {
      const std::int64_t ld_dy = n + 2, ldx = k + 1, ld_dw = k + 3;
      const auto dy = numbers(m * ld_dy, 1), x = numbers(m * ldx, 2), before = numbers(n * ld_dw, 3);
      for (const Store store : {Store::replace, Store::add}) {
        auto dw = before;
        gemm_weight_gradient(dy.data(), m, n, ld_dy, x.data(), k, ldx, dw.data(), ld_dw, store);
        for (std::int64_t i = 0; i < n; ++i) {
          for (std::int64_t j = 0; j < ld_dw; ++j) {
            double expected = before[i * ld_dw + j];
            if (j < k) {
              if (store == Store::replace) expected = 0;
              for (std::int64_t r = 0; r < m; ++r)
                expected += double(dy[r * ld_dy + i]) * double(x[r * ldx + j]);
            }
            ASSERT_NEAR(dw[i * ld_dw + j], expected, 3e-5 * (1 + std::abs(expected)));
          }
        }
      }
    }
  });
}

TEST(GemmWeightGradient, DoesNotDependOnThreads) {
  const std::int64_t m = 700, n = 130, k = 90;
  const auto dy = numbers(m * n, 1), x = numbers(m * k, 2);
  const auto with_threads = [&](int threads) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(threads);
    std::vector<float> dw(static_cast<std::size_t>(n * k));
    gemm_weight_gradient(dy.data(), m, n, n, x.data(), k, k, dw.data(), k);
    omp_set_num_threads(before);
    return dw;
  };
  EXPECT_EQ(with_threads(1), with_threads(3));
}

}  // namespace
}  // namespace nudge::kernels
