#include "kernels/weight_gradient.h"

#include <omp.h>

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

struct Shape {
  std::int64_t tokens, n, k;
};

// Around the edges of tiles, panels, blocks of tokens (192) and blocks of rows (384).
const Shape kShapes[] = {{1, 1, 1},    {2, 3, 5},    {7, 8, 48},    {33, 17, 50},  {191, 9, 24},
                         {192, 5, 97}, {193, 40, 7}, {400, 70, 33}, {30, 385, 20}, {500, 900, 12}};

std::vector<double> slow_gradient(const std::vector<float>& dy, std::int64_t lddy,
                                  const std::vector<float>& x, std::int64_t ldx, const Shape& s) {
  std::vector<double> dw(static_cast<std::size_t>(s.n * s.k));
  for (std::int64_t t = 0; t < s.tokens; ++t) {
    for (std::int64_t i = 0; i < s.n; ++i) {
      for (std::int64_t j = 0; j < s.k; ++j)
        dw[i * s.k + j] += double(dy[t * lddy + i]) * double(x[t * ldx + j]);
    }
  }
  return dw;
}

TEST(WeightGradient, EqualsTheTripleLoop) {
  on_every_target([] {
    for (const Shape& s : kShapes) {
      const std::int64_t lddy = s.n + 3, ldx = s.k + 1, lddw = s.k + 2;
      const auto dy = numbers(s.tokens * lddy, 1), x = numbers(s.tokens * ldx, 2);
      std::vector<float> dw(static_cast<std::size_t>(s.n * lddw), 7.0f);
      weight_gradient(dy.data(), lddy, x.data(), ldx, s.tokens, s.n, s.k, dw.data(), lddw);
      const auto expected = slow_gradient(dy, lddy, x, ldx, s);
      for (std::int64_t i = 0; i < s.n; ++i) {
        for (std::int64_t j = 0; j < s.k; ++j) {
          const double e = expected[i * s.k + j];
          ASSERT_NEAR(dw[i * lddw + j], e, 2e-5 * (1 + std::abs(e))) << s.tokens << ' ' << s.n << ' ' << s.k;
        }
        EXPECT_EQ(dw[i * lddw + s.k], 7) << "wrote past the end of a row";
      }
    }
  });
}

TEST(WeightGradient, AddsToWhatIsThere) {
  on_every_target([] {
    for (const Shape& s : kShapes) {
      const auto dy = numbers(s.tokens * s.n, 1), x = numbers(s.tokens * s.k, 2),
                 before = numbers(s.n * s.k, 3);
      auto dw = before;
      weight_gradient(dy.data(), s.n, x.data(), s.k, s.tokens, s.n, s.k, dw.data(), s.k, Store::add);
      auto expected = slow_gradient(dy, s.n, x, s.k, s);
      for (std::size_t i = 0; i < dw.size(); ++i) expected[i] += before[i];
      EXPECT_LT(worst_error(dw, expected), 2e-5);
    }
  });
}

TEST(WeightGradient, OfNoTokensIsNothing) {
  on_every_target([] {
    std::vector<float> dw(6, 7.0f);
    weight_gradient(nullptr, 2, nullptr, 3, 0, 2, 3, dw.data(), 3, Store::add);
    EXPECT_EQ(dw, std::vector<float>(6, 7.0f));
    weight_gradient(nullptr, 2, nullptr, 3, 0, 2, 3, dw.data(), 3);
    EXPECT_EQ(dw, std::vector<float>(6, 0.0f));
  });
}

// What lets a gradient be the same bits however the tokens are cut, as long as they come in order.
TEST(WeightGradient, DependsNeitherOnThreadsNorOnWhereTheTokensAreCut) {
  on_every_target([] {
    const Shape s{500, 401, 50};
    const auto dy = numbers(s.tokens * s.n, 1), x = numbers(s.tokens * s.k, 2);
    std::vector<float> whole(static_cast<std::size_t>(s.n * s.k));
    weight_gradient(dy.data(), s.n, x.data(), s.k, s.tokens, s.n, s.k, whole.data(), s.k);
    const int before = omp_get_max_threads();
    for (const int threads : {1, 2, 3, 5}) {
      omp_set_num_threads(threads);
      for (const std::int64_t cut : {1, 100, 192, 499}) {
        std::vector<float> dw(whole.size());
        weight_gradient(dy.data(), s.n, x.data(), s.k, cut, s.n, s.k, dw.data(), s.k);
        weight_gradient(dy.data() + cut * s.n, s.n, x.data() + cut * s.k, s.k, s.tokens - cut, s.n, s.k,
                        dw.data(), s.k, Store::add);
        EXPECT_EQ(dw, whole) << threads << " threads, cut at " << cut;
      }
    }
    omp_set_num_threads(before);
  });
}

}  // namespace
}  // namespace nudge::kernels
