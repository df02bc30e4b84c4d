#include "kernels/bf16/product.h"

#include <omp.h>

#include <limits>

#include "kernels/bf16/every_path_test.h"
#include "kernels/every_target_test.h"
#include "kernels/gemm.h"
#include "kernels/weight_gradient.h"

namespace nudge::kernels {
namespace {

using bf16::on_every_path;
using bf16::rounded;

struct Shape {
  std::int64_t m, n, k;
};

// Around the edges of tiles (16), panels and depth blocks (32), blocks of rows, and pieces of depth (1024).
const Shape kShapes[] = {{1, 1, 1},     {2, 3, 5},     {15, 33, 31},  {16, 32, 32},
                         {17, 48, 33},  {33, 16, 64},  {47, 100, 70}, {129, 65, 200},
                         {300, 40, 96}, {5, 1100, 40}, {40, 2060, 3}, {7, 20, 1500}};

float sum_of(const std::vector<float>& x) {
  float total = 0;
  for (const float value : x) total += value;
  return total;
}

/// The products of rounded numbers are exact in a float, and so is what AMX and AVX-512 add them up from; the
/// sums differ in their order only.
double tolerance(std::int64_t depth) {
  return 1e-6 * static_cast<double>(depth + 8);
}

TEST(Bf16, RoundsToTheNearestEven) {
  using bf16::round;
  EXPECT_EQ(round(1.0f), 0x3f80);
  EXPECT_EQ(round(1.00390625f), 0x3f80) << "a tie goes to the even one";
  EXPECT_EQ(round(1.01171875f), 0x3f82);
  EXPECT_EQ(round(-1.005f), 0xbf81);
  EXPECT_EQ(round(std::numeric_limits<float>::infinity()), 0x7f80);
  EXPECT_EQ(round(3.4e38f), 0x7f80) << "beyond the largest";
  EXPECT_EQ(round(1e-40f), 0) << "no normal number";
  EXPECT_TRUE(std::isnan(bf16::widen(round(std::nanf("")))));
}

TEST(Bf16, PacksTheSameTilesOnEveryPath) {
  const std::int64_t rows = 37, depth = 75, ld = 80;
  auto x = numbers(std::max(rows, depth) * ld, 1);
  x[3] = 1e-40f;
  x[4] = -1e-39f;
  const std::size_t tiles = bf16::rows_size(rows, depth), panel = bf16::panel_size(depth);
  std::vector<bf16::AlignedBits> first;
  on_every_path([&] {
    bf16::AlignedBits a(tiles), at(tiles), b(panel), bt(panel), turned(panel);
    bf16::path().pack_rows({x.data(), ld}, rows, depth, a.data());
    bf16::path().pack_rows_transposed({x.data(), ld}, rows, depth, at.data());
    bf16::path().pack_panel({x.data(), ld}, 20, depth, b.data());
    bf16::path().pack_panel_transposed({x.data(), ld}, 20, depth, bt.data());
    std::fill(turned.begin(), turned.end(), bf16::Bits{0});
    bf16::path().turn(b.data(), turned.data());
    const std::vector<bf16::AlignedBits> all = {a, at, b, bt, turned};
    if (first.empty()) first = all;
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], first[i]) << i;
  });
}

TEST(Bf16, ForwardEqualsTheTripleLoop) {
  on_every_path([] {
    for (const Shape& s : kShapes) {
      const std::int64_t ldx = s.k + 3, ldw = s.k + 1, ldy = s.n + 2;
      const auto x = numbers(s.m * ldx, 1), w = numbers(s.n * ldw, 2);
      const auto rx = rounded(x), rw = rounded(w);
      PackedMatrix packed;
      packed.pack(w.data(), s.n, s.k, ldw, Precision::bfloat16);
      for (const Store store : {Store::replace, Store::add}) {
        std::vector<float> y(static_cast<std::size_t>(s.m * ldy), 7.0f);
        gemm(x.data(), s.m, ldx, packed, y.data(), ldy, store);
        for (std::int64_t i = 0; i < s.m; ++i) {
          for (std::int64_t j = 0; j < s.n; ++j) {
            double e = store == Store::add ? 7 : 0;
            for (std::int64_t k = 0; k < s.k; ++k) e += rx[i * ldx + k] * rw[j * ldw + k];
            ASSERT_NEAR(y[i * ldy + j], e, tolerance(s.k) * (1 + std::abs(e)))
                << s.m << ' ' << s.n << ' ' << s.k;
          }
          EXPECT_EQ(y[i * ldy + s.n], 7) << "wrote past the end of a row";
        }
      }
    }
  });
}

TEST(Bf16, BackwardEqualsTheTripleLoop) {
  on_every_path([] {
    for (const Shape& s : kShapes) {
      const std::int64_t lddy = s.n + 3, lddx = s.k + 2;
      const auto dy = numbers(s.m * lddy, 1), w = numbers(s.n * s.k, 2);
      const auto rdy = rounded(dy), rw = rounded(w);
      PackedMatrix packed;
      packed.pack(w.data(), s.n, s.k, s.k, Precision::bfloat16);
      std::vector<float> dx(static_cast<std::size_t>(s.m * lddx), 7.0f);
      gemm_backward(dy.data(), s.m, lddy, packed, dx.data(), lddx);
      for (std::int64_t i = 0; i < s.m; ++i) {
        for (std::int64_t j = 0; j < s.k; ++j) {
          double e = 0;
          for (std::int64_t n = 0; n < s.n; ++n) e += rdy[i * lddy + n] * rw[n * s.k + j];
          ASSERT_NEAR(dx[i * lddx + j], e, tolerance(s.n) * (1 + std::abs(e)))
              << s.m << ' ' << s.n << ' ' << s.k;
        }
        EXPECT_EQ(dx[i * lddx + s.k], 7) << "wrote past the end of a row";
      }
    }
  });
}

TEST(Bf16, WeightGradientEqualsTheTripleLoop) {
  on_every_path([] {
    for (const Shape& s : kShapes) {  // k tokens
      const std::int64_t tokens = s.k, n = s.m, k = s.n, lddy = n + 3, ldx = k + 1, lddw = k + 2;
      const auto dy = numbers(tokens * lddy, 1), x = numbers(tokens * ldx, 2);
      const auto rdy = rounded(dy), rx = rounded(x);
      for (const Store store : {Store::replace, Store::add}) {
        std::vector<float> dw(static_cast<std::size_t>(n * lddw), 7.0f);
        weight_gradient(dy.data(), lddy, x.data(), ldx, tokens, n, k, dw.data(), lddw, store,
                        Precision::bfloat16);
        for (std::int64_t i = 0; i < n; ++i) {
          for (std::int64_t j = 0; j < k; ++j) {
            double e = store == Store::add ? 7 : 0;
            for (std::int64_t t = 0; t < tokens; ++t) e += rdy[t * lddy + i] * rx[t * ldx + j];
            ASSERT_NEAR(dw[i * lddw + j], e, tolerance(tokens) * (1 + std::abs(e)))
                << n << ' ' << k << ' ' << tokens;
          }
          EXPECT_EQ(dw[i * lddw + k], 7) << "wrote past the end of a row";
        }
      }
    }
  });
}

TEST(Bf16, OfNothingIsNothing) {
  on_every_path([] {
    std::vector<float> dw(6, 7.0f);
    weight_gradient(nullptr, 2, nullptr, 3, 0, 2, 3, dw.data(), 3, Store::add, Precision::bfloat16);
    EXPECT_EQ(dw, std::vector<float>(6, 7.0f));
    weight_gradient(nullptr, 2, nullptr, 3, 0, 2, 3, dw.data(), 3, Store::replace, Precision::bfloat16);
    EXPECT_EQ(dw, std::vector<float>(6, 0.0f));
    const auto w = numbers(6, 1);
    PackedMatrix packed;
    packed.pack(w.data(), 2, 3, 3, Precision::bfloat16);
    gemm(nullptr, 0, 3, packed, nullptr, 2);
    gemm_backward(nullptr, 0, 2, packed, nullptr, 3);
  });
}

// The contract that lets rollouts and training share log-probabilities to the bit.
TEST(Bf16, ARowDependsNeitherOnTheOthersNorOnThreads) {
  on_every_path([] {
    const std::int64_t m = 700, n = 130, k = 600;
    const auto x = numbers(m * k, 1), dy = numbers(m * n, 3), w = numbers(n * k, 2);
    PackedMatrix packed;
    packed.pack(w.data(), n, k, k, Precision::bfloat16);
    std::vector<float> y(static_cast<std::size_t>(m * n)), dx(static_cast<std::size_t>(m * k)),
        dw(static_cast<std::size_t>(n * k));
    gemm(x.data(), m, k, packed, y.data(), n);
    gemm_backward(dy.data(), m, n, packed, dx.data(), k);
    weight_gradient(dy.data(), n, x.data(), k, m, n, k, dw.data(), k, Store::replace, Precision::bfloat16);
    EXPECT_NE(sum_of(y), 0);
    const int before = omp_get_max_threads();
    for (const int threads : {1, 2, 3, 5}) {
      omp_set_num_threads(threads);
      for (const std::int64_t rows : {1, 2, 15, 16, 17, 40, 129, 400}) {
        const std::int64_t first = m - rows;
        std::vector<float> part(static_cast<std::size_t>(rows * n)),
            part_dx(static_cast<std::size_t>(rows * k));
        gemm(x.data() + first * k, rows, k, packed, part.data(), n);
        EXPECT_EQ(part, std::vector<float>(y.begin() + first * n, y.end())) << rows;
        gemm_backward(dy.data() + first * n, rows, n, packed, part_dx.data(), k);
        EXPECT_EQ(part_dx, std::vector<float>(dx.begin() + first * k, dx.end())) << rows;
      }
      std::vector<float> again(dw.size());
      weight_gradient(dy.data(), n, x.data(), k, m, n, k, again.data(), k, Store::replace,
                      Precision::bfloat16);
      EXPECT_EQ(again, dw) << threads << " threads";
    }
    omp_set_num_threads(before);
  });
}

TEST(Bf16, CarriesWhatIsNotFinite) {
  on_every_path([] {
    const float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> x = {infinity, 1, std::nanf(""), 1, 2, 3}, w = {1, 2};
    PackedMatrix packed;
    packed.pack(w.data(), 1, 2, 2, Precision::bfloat16);
    std::vector<float> y(3);
    gemm(x.data(), 3, 2, packed, y.data(), 1);
    EXPECT_EQ(y[0], infinity);
    EXPECT_TRUE(std::isnan(y[1]));
    EXPECT_EQ(y[2], 8);
  });
}

TEST(Bf16, ReadsBackWhatWasPacked) {
  const std::int64_t n = 50, k = 70;
  const auto w = numbers(n * k, 1);
  const auto expected = rounded(w);
  PackedMatrix packed;
  packed.pack(w.data(), n, k, k, Precision::bfloat16);
  std::vector<float> row(static_cast<std::size_t>(k - 3));
  for (std::int64_t i = 0; i < n; ++i) {
    packed.read(i, 3, k - 3, row.data());
    for (std::int64_t j = 3; j < k; ++j) ASSERT_EQ(row[j - 3], expected[i * k + j]);
  }
}

}  // namespace
}  // namespace nudge::kernels
