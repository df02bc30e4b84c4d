#include "kernels/gemm.h"

#include <omp.h>

#include "kernels/every_target_test.h"

namespace nudge::kernels {
namespace {

std::vector<double> slow_product(const std::vector<float>& x, std::int64_t ldx, const std::vector<float>& w,
                                 std::int64_t ldw, std::int64_t m, std::int64_t n, std::int64_t k) {
  std::vector<double> y(static_cast<std::size_t>(m * n));
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      for (std::int64_t p = 0; p < k; ++p) y[i * n + j] += double(x[i * ldx + p]) * double(w[j * ldw + p]);
    }
  }
  return y;
}

struct Shape {
  std::int64_t m, n, k;
};

const Shape kShapes[] = {{1, 1, 1},     {2, 3, 5},       {3, 24, 8},   {4, 48, 16},   {5, 50, 33},
                         {6, 97, 40},   {7, 7, 129},     {8, 144, 64}, {9, 17, 70},   {1, 300, 31},
                         {2, 250, 600}, {13, 100, 1000}, {200, 53, 7}, {450, 60, 300}};

TEST(Gemm, EqualsTheTripleLoop) {
  on_every_target([] {
    for (const auto& [m, n, k] : kShapes) {
      const std::int64_t ldx = k + 3, ldw = k + 1, ldy = n + 2;
      const auto x = numbers(m * ldx, 1), w = numbers(n * ldw, 2);
      PackedMatrix packed;
      packed.pack(w.data(), n, k, ldw);
      std::vector<float> y(static_cast<std::size_t>(m * ldy), 7.0f);
      gemm(x.data(), m, ldx, packed, y.data(), ldy);
      const auto expected = slow_product(x, ldx, w, ldw, m, n, k);
      for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t j = 0; j < n; ++j) {
          const double e = expected[i * n + j];
          ASSERT_NEAR(y[i * ldy + j], e, 1e-5 * (1 + std::abs(e))) << m << ' ' << n << ' ' << k;
        }
        EXPECT_EQ(y[i * ldy + n], 7) << "wrote past the end of a row";
      }
    }
  });
}

TEST(Gemm, AddsToWhatIsThere) {
  on_every_target([] {
    for (const auto& [m, n, k] : kShapes) {
      const auto x = numbers(m * k, 1), w = numbers(n * k, 2), before = numbers(m * n, 3);
      PackedMatrix packed;
      packed.pack(w.data(), n, k, k);
      auto y = before;
      gemm(x.data(), m, k, packed, y.data(), n, Store::add);
      auto expected = slow_product(x, k, w, k, m, n, k);
      for (std::size_t i = 0; i < y.size(); ++i) expected[i] += before[i];
      EXPECT_LT(worst_error(y, expected), 2e-5);
    }
  });
}

TEST(Gemm, PackTransposedMultipliesByTheTranspose) {
  on_every_target([] {
    for (const auto& [m, n, k] : kShapes) {
      // W [k, n] as stored; y [m, n] = x [m, k] W.
      const auto x = numbers(m * k, 1), w = numbers(k * n, 2);
      PackedMatrix packed;
      packed.pack_transposed(w.data(), k, n, n);
      ASSERT_EQ(packed.rows(), n);
      ASSERT_EQ(packed.columns(), k);
      std::vector<float> transposed(w.size()), y(static_cast<std::size_t>(m * n));
      for (std::int64_t i = 0; i < k; ++i) {
        for (std::int64_t j = 0; j < n; ++j) transposed[j * k + i] = w[i * n + j];
      }
      gemm(x.data(), m, k, packed, y.data(), n);
      EXPECT_LT(worst_error(y, slow_product(x, k, transposed, k, m, n, k)), 2e-5);
    }
  });
}

TEST(Gemm, PanelsInThePlaceOfTheMatrixGiveTheSameBits) {
  on_every_target([] {
    for (const auto& [m, n, k] : kShapes) {
      const auto x = numbers(m * k, 1), w = numbers(n * k, 2);
      PackedMatrix apart, in_place;
      apart.pack(w.data(), n, k, k);
      auto place = w;
      in_place.pack_in_place(place.data(), n, k);
      std::vector<float> expected(static_cast<std::size_t>(m * n)), y(expected);
      gemm(x.data(), m, k, apart, expected.data(), n);
      const PackedMatrix copy = in_place;
      gemm(x.data(), m, k, copy, y.data(), n);
      EXPECT_EQ(y, expected);
      std::vector<float> read(w.size());
      for (std::int64_t row = 0; row < n; ++row) {
        in_place.read(row, 0, k / 2, read.data() + row * k);
        in_place.read(row, k / 2, k - k / 2, read.data() + row * k + k / 2);
      }
      EXPECT_EQ(read, w);
    }
  });
}

TEST(Gemm, BackwardGivesTheBitsOfTheTransposedMatrix) {
  on_every_target([] {
    const Shape large{600, 1100, 130};  // more than a block of rows, and than one of depth
    std::vector<Shape> shapes(std::begin(kShapes), std::end(kShapes));
    shapes.push_back(large);
    for (const auto& [m, n, k] : shapes) {
      const std::int64_t lddy = n + 3, lddx = k + 2;
      const auto dy = numbers(m * lddy, 1), w = numbers(n * k, 2);
      PackedMatrix packed, transposed;
      auto place = w;
      packed.pack_in_place(place.data(), n, k);
      transposed.pack_transposed(w.data(), n, k, k);
      std::vector<float> expected(static_cast<std::size_t>(m * lddx), 7.0f), dx(expected);
      gemm(dy.data(), m, lddy, transposed, expected.data(), lddx);
      gemm_backward(dy.data(), m, lddy, packed, dx.data(), lddx);
      EXPECT_EQ(dx, expected) << m << ' ' << n << ' ' << k;
    }
  });
}

TEST(Gemm, ARowDoesNotDependOnItsNeighboursNorOnThreads) {
  on_every_target([] {
    const std::int64_t m = 400, n = 101, k = 777;
    const auto x = numbers(m * k, 1), w = numbers(n * k, 2);
    PackedMatrix packed;
    packed.pack(w.data(), n, k, k);
    std::vector<float> whole(static_cast<std::size_t>(m * n));
    gemm(x.data(), m, k, packed, whole.data(), n);
    for (const std::int64_t rows : {1, 2, 3, 4, 5, 7, 8, 9, 100, 399}) {
      for (const int threads : {1, 3}) {
        const int before = omp_get_max_threads();
        omp_set_num_threads(threads);
        const std::int64_t first = m - rows;
        std::vector<float> part(static_cast<std::size_t>(rows * n));
        gemm(x.data() + first * k, rows, k, packed, part.data(), n);
        omp_set_num_threads(before);
        EXPECT_EQ(part, std::vector<float>(whole.begin() + first * n, whole.end())) << rows;
      }
    }
  });
}

TEST(Gemm, CopiesAndPacksAgain) {
  const auto w = numbers(20 * 30, 1), w2 = numbers(40 * 30, 2), x = numbers(30, 3);
  PackedMatrix a;
  a.pack(w.data(), 20, 30, 30);
  const PackedMatrix copy = a;
  a.pack(w2.data(), 40, 30, 30);
  std::vector<float> y(20), y2(40);
  gemm(x.data(), 1, 30, copy, y.data(), 20);
  gemm(x.data(), 1, 30, a, y2.data(), 40);
  EXPECT_LT(worst_error(y, slow_product(x, 30, w, 30, 1, 20, 30)), 1e-5);
  EXPECT_LT(worst_error(y2, slow_product(x, 30, w2, 30, 1, 40, 30)), 1e-5);
}

}  // namespace
}  // namespace nudge::kernels
