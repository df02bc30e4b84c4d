// Packing with AVX-512, which AMX's path shares, and products with VDPBF16PS. Highway 1.0 (Debian 12) has
// neither its conversion nor its product.
#include "kernels/bf16/avx512.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include <algorithm>

namespace nudge::kernels::bf16 {
namespace avx512 {
namespace {

using Mask = __mmask16;

NUDGE_AVX512_BF16 Mask first(std::int64_t n) {
  return static_cast<Mask>(n >= 16 ? 0xffff : n <= 0 ? 0 : (1u << n) - 1);
}

/// 32 floats of a row, of which `count` are there, in order.
NUDGE_AVX512_BF16 __m512i convert_row(const float* x, std::int64_t count) {
  const __m512 low = _mm512_maskz_loadu_ps(first(count), x);
  const __m512 high = _mm512_maskz_loadu_ps(first(count - 16), x + 16);
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/// Pairs of two rows: lane j holds the element j of both.
NUDGE_AVX512_BF16 __m512i convert_pairs(const float* upper, const float* lower, Mask columns, Mask both) {
  alignas(64) static constexpr std::uint16_t kOrder[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                           21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                           11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512 a = _mm512_maskz_loadu_ps(columns, upper);
  const __m512 b = _mm512_maskz_loadu_ps(columns & both, lower);
  return _mm512_permutexvar_epi16(_mm512_load_si512(kOrder), (__m512i)_mm512_cvtne2ps_pbh(b, a));
}

/// Turns 16 x 16 pairs.
NUDGE_AVX512_BF16 void transpose(__m512i* rows) {
  __m512i t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    rows[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
    rows[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
    rows[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
    rows[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(rows[i], rows[4 + i], 0x88);
    t[4 + i] = _mm512_shuffle_i32x4(rows[i], rows[4 + i], 0xdd);
    t[8 + i] = _mm512_shuffle_i32x4(rows[8 + i], rows[12 + i], 0x88);
    t[12 + i] = _mm512_shuffle_i32x4(rows[8 + i], rows[12 + i], 0xdd);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
    rows[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd);
    rows[4 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0x88);
    rows[12 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0xdd);
  }
}

NUDGE_AVX512_BF16 void store_tile(const __m512i* rows, Bits* tile) {
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) _mm512_store_si512(tile + i * 32, rows[i]);
}

/// 16 rows of x, `there` of them, `count` elements of each: a tile of A.
NUDGE_AVX512_BF16 void load_rows(Source x, std::int64_t there, std::int64_t count, __m512i* rows) {
  for (std::int64_t r = 0; r < 16; ++r)
    rows[r] = r < there ? convert_row(x.data + r * x.ld, count) : _mm512_setzero_si512();
}

/// 16 pairs of rows of x, `there` rows of them, 16 columns, `count` of them: a tile of B.
NUDGE_AVX512_BF16 void load_pairs(Source x, std::int64_t there, std::int64_t count, __m512i* rows) {
  const Mask columns = first(count);
  for (std::int64_t i = 0; i < 16; ++i) {
    const float* row = x.data + 2 * i * x.ld;
    rows[i] = 2 * i >= there ? _mm512_setzero_si512()
                             : convert_pairs(row, row + x.ld, columns, 2 * i + 1 < there ? 0xffff : 0);
  }
}

}  // namespace

NUDGE_AVX512_BF16 void pack_rows(Source x, std::int64_t rows, std::int64_t depth, Bits* tiles) {
  for (std::int64_t r = 0; r < rows; r += kTileRows) {
    for (std::int64_t k = 0; k < depth; k += kTileDepth, tiles += kTile) {
      const Source from{x.data + r * x.ld + k, x.ld};
      for (std::int64_t i = 0; i < kTileRows; ++i)
        _mm512_store_si512(tiles + i * kTileDepth, r + i < rows ? convert_row(from.data + i * x.ld, depth - k)
                                                                : _mm512_setzero_si512());
    }
  }
}

NUDGE_AVX512_BF16 void pack_rows_transposed(Source x, std::int64_t rows, std::int64_t depth, Bits* tiles) {
  const std::int64_t blocks = depth_blocks(depth);
  // In the order of x's memory: all tiles of one depth block after the other.
  for (std::int64_t d = 0; d < blocks; ++d) {
    for (std::int64_t r = 0; r < rows; r += kTileRows) {
      __m512i tile[16];
      load_pairs({x.data + d * kTileDepth * x.ld + r, x.ld}, depth - d * kTileDepth, rows - r, tile);
      transpose(tile);
      store_tile(tile, tiles + (r / kTileRows * blocks + d) * kTile);
    }
  }
}

NUDGE_AVX512_BF16 void pack_panel(Source w, std::int64_t columns, std::int64_t depth, Bits* panel) {
  for (std::int64_t k = 0; k < depth; k += kTileDepth) {
    for (std::int64_t side = 0; side < 2; ++side, panel += kTile) {
      __m512i tile[16];
      load_rows({w.data + side * kTileRows * w.ld + k, w.ld}, columns - side * kTileRows, depth - k, tile);
      transpose(tile);
      store_tile(tile, panel);
    }
  }
}

NUDGE_AVX512_BF16 void pack_panel_transposed(Source x, std::int64_t columns, std::int64_t depth,
                                             Bits* panel) {
  for (std::int64_t k = 0; k < depth; k += kTileDepth) {
    for (std::int64_t side = 0; side < 2; ++side, panel += kTile) {
      __m512i tile[16];
      load_pairs({x.data + k * x.ld + side * kTileRows, x.ld}, depth - k, columns - side * kTileRows, tile);
      store_tile(tile, panel);
    }
  }
}

NUDGE_AVX512_BF16 void turn(const Bits* block, Bits* turned) {
  alignas(64) static constexpr std::uint16_t kLow[32] = {0,  32, 1,  33, 2,  34, 3,  35, 4,  36, 5,
                                                         37, 6,  38, 7,  39, 8,  40, 9,  41, 10, 42,
                                                         11, 43, 12, 44, 13, 45, 14, 46, 15, 47};
  const __m512i low = _mm512_load_si512(kLow), high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
  for (int side = 0; side < 2; ++side) {
    __m512i rows[16];
    for (int i = 0; i < 16; ++i) rows[i] = _mm512_load_si512(block + side * kTile + i * 32);
    transpose(rows);  // row j now: the 32 elements of column j
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      Bits* to = turned + (8 * side + i) * 32;
      _mm512_store_si512(to, _mm512_permutex2var_epi16(rows[2 * i], low, rows[2 * i + 1]));
      _mm512_store_si512(to + kTile, _mm512_permutex2var_epi16(rows[2 * i], high, rows[2 * i + 1]));
    }
  }
}

NUDGE_AVX512_BF16 void write(const float* sums, std::int64_t rows, std::int64_t columns, float* to,
                             std::int64_t ld, bool add) {
  const Mask mask = first(columns);
  for (std::int64_t r = 0; r < rows; ++r) {
    __m512 row = _mm512_load_ps(sums + r * 16);
    if (add) row = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, to + r * ld), row);
    _mm512_mask_storeu_ps(to + r * ld, mask, row);
  }
}

NUDGE_AVX512_BF16 void read(const float* from, std::int64_t ld, std::int64_t rows, std::int64_t columns,
                            float* sums) {
  const Mask mask = first(columns);
  for (std::int64_t r = 0; r < kTileRows; ++r)
    _mm512_store_ps(sums + r * 16,
                    r < rows ? _mm512_maskz_loadu_ps(mask, from + r * ld) : _mm512_setzero_ps());
}

namespace {

/// kRows rows of one tile of A times a panel.
template <int kRows>
NUDGE_AVX512_BF16 void few_rows(const Bits* a, std::int64_t blocks, const Bits* panel, const Result& c) {
  __m512 sums[kRows][2];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    const float* from = c.data + r * c.ld;
    const bool begun = c.into == Into::go_on;
    sums[r][0] = _mm512_maskz_loadu_ps(begun ? first(c.columns) : Mask{0}, from);
    sums[r][1] = _mm512_maskz_loadu_ps(begun ? first(c.columns - 16) : Mask{0}, from + 16);
  }
  for (std::int64_t d = 0; d < blocks; ++d, a += kTile, panel += 2 * kTile) {
    for (int pair = 0; pair < 16; ++pair) {
      const auto left = (__m512bh)_mm512_load_si512(panel + pair * 32);
      const auto right = (__m512bh)_mm512_load_si512(panel + kTile + pair * 32);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        const auto x = (__m512bh)_mm512_set1_epi32(
            *reinterpret_cast<const int*>(a + r * kTileDepth + 2 * pair));  // NOLINT: a pair
        sums[r][0] = _mm512_dpbf16_ps(sums[r][0], x, left);
        sums[r][1] = _mm512_dpbf16_ps(sums[r][1], x, right);
      }
    }
  }
  alignas(64) float row[2][16];
  for (int r = 0; r < kRows; ++r) {
    _mm512_store_ps(row[0], sums[r][0]);
    _mm512_store_ps(row[1], sums[r][1]);
    write(row[0], 1, c.columns, c.data + r * c.ld, c.ld, c.into == Into::add);
    write(row[1], 1, c.columns - 16, c.data + r * c.ld + 16, c.ld, c.into == Into::add);
  }
}

template <int kRows = 8>
void rows_of(std::int64_t rows, const Bits* a, std::int64_t blocks, const Bits* panel, const Result& c) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return rows_of<kRows - 1>(rows, a, blocks, panel, c);
  }
  few_rows<kRows>(a, blocks, panel, c);
}

void multiply_panel(const Bits* a, std::int64_t depth, const Bits* panel, const Result& c) {
  const std::int64_t blocks = depth_blocks(depth);
  for (std::int64_t r = 0; r < c.rows; r += 8) {
    const Bits* tile = a + r / kTileRows * blocks * kTile + r % kTileRows * kTileDepth;
    rows_of(std::min<std::int64_t>(8, c.rows - r), tile, blocks, panel,
            {c.data + r * c.ld, c.ld, c.rows - r, c.columns, c.into});
  }
}

void multiply(const Bits* a, std::int64_t depth, const Bits* panels, std::int64_t stride, const Result& c) {
  for_each_panel(panels, stride, c,
                 [&](const Bits* panel, const Result& piece) { multiply_panel(a, depth, panel, piece); });
}

}  // namespace
}  // namespace avx512

const Path kAvx512 = {"avx512_bf16",
                      avx512::pack_rows,
                      avx512::pack_rows_transposed,
                      avx512::pack_panel,
                      avx512::pack_panel_transposed,
                      avx512::turn,
                      avx512::multiply};

}  // namespace nudge::kernels::bf16
#endif
