// The register tile on which all matrix products of this room rest, and the panels it reads.
//
// A matrix B [depth, n] is kept as panels of up to kPanelVectors vectors of columns: panel p holds, row after
// row, the columns from p * kPanelWidth; the last panel is as many vectors wide as it needs, filled up with
// zeros. A tile computes a few rows of A times one panel with all sums in registers. Each element of the
// result is one chain of multiply-adds in the order of depth, whatever the shape of the tile, so no blocking
// or threading changes its bits.
#if defined(NUDGE_KERNELS_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NUDGE_KERNELS_TILE_INL_H
#undef NUDGE_KERNELS_TILE_INL_H
#else
#define NUDGE_KERNELS_TILE_INL_H
#endif

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {

constexpr std::int64_t kPanelVectors = 3;
constexpr std::int64_t kPanelWidth = kPanelVectors * kLanes;
constexpr bool kManyRegisters = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON;  // 32 vectors, else 16

/// Most rows of a tile so that its sums, one row of the panel and one broadcast fit the registers.
constexpr int most_rows(int vectors) {
  return kManyRegisters ? 8 : vectors == 3 ? 4 : vectors == 2 ? 6 : 8;
}

/// How A is laid out: element (row, k) at a[row * lda + k], or transposed at a[k * lda + row].
enum class Layout { row_major, transposed };

HWY_INLINE std::int64_t round_up_to_vectors(std::int64_t n) {
  return (n + kLanes - 1) / kLanes * kLanes;
}

struct Panel {
  const float* data;
  std::int64_t columns;  // valid ones, 1..kPanelWidth; whole vectors of them can be read
  std::int64_t ld;       // floats between rows

  int vectors() const { return static_cast<int>((columns + kLanes - 1) / kLanes); }
  /// As many whole vectors as n columns need; the filling counts as valid.
  Panel first_vectors(std::int64_t n) const { return {data, std::min(ld, round_up_to_vectors(n)), ld}; }
  Panel from_row(std::int64_t k) const { return {data + k * ld, columns, ld}; }
};

HWY_INLINE std::int64_t panel_count(std::int64_t n) {
  return (n + kPanelWidth - 1) / kPanelWidth;
}
HWY_INLINE std::int64_t panels_size(std::int64_t n, std::int64_t depth) {
  return round_up_to_vectors(n) * depth;
}
HWY_INLINE Panel panel_at(const float* panels, std::int64_t p, std::int64_t n, std::int64_t depth) {
  const std::int64_t columns = std::min(kPanelWidth, n - p * kPanelWidth);
  return {panels + p * kPanelWidth * depth, columns, round_up_to_vectors(columns)};
}

/// Fills one panel from row-major rows of B: `source` [depth, columns].
HWY_INLINE void copy_panel(const float* source, std::int64_t ld, std::int64_t depth, const Panel& panel,
                           float* out) {
  const std::int64_t width = panel.ld;
  for (std::int64_t k = 0; k < depth; ++k) {
    for (std::int64_t j = 0; j < width; j += kLanes) {
      hn::StoreU(load(source + k * ld + j, panel.columns - j), Tag(), out + k * width + j);
    }
  }
}

/// Fills a panel's columns from `first` on from the transpose of B: `source` [columns - first, depth]. What
/// its last vector has beyond the columns becomes zero. Four by four, in 128-bit registers.
HWY_INLINE void transpose_panel(const float* source, std::int64_t ld, std::int64_t depth, const Panel& panel,
                                float* out, std::int64_t first = 0) {
  const std::int64_t width = panel.ld, filled = round_up_to_vectors(panel.columns);
  std::int64_t j = first;
#if HWY_TARGET != HWY_SCALAR
  const hn::CappedTag<float, 4> d4;
  for (; j + 4 <= panel.columns; j += 4) {
    const float* row = source + (j - first) * ld;
    std::int64_t k = 0;
    for (; k + 4 <= depth; k += 4) {
      const auto a = hn::LoadU(d4, row + k), b = hn::LoadU(d4, row + ld + k);
      const auto c = hn::LoadU(d4, row + 2 * ld + k), e = hn::LoadU(d4, row + 3 * ld + k);
      const auto ac0 = hn::InterleaveLower(d4, a, c), ac1 = hn::InterleaveUpper(d4, a, c);
      const auto be0 = hn::InterleaveLower(d4, b, e), be1 = hn::InterleaveUpper(d4, b, e);
      float* to = out + k * width + j;
      hn::StoreU(hn::InterleaveLower(d4, ac0, be0), d4, to);
      hn::StoreU(hn::InterleaveUpper(d4, ac0, be0), d4, to + width);
      hn::StoreU(hn::InterleaveLower(d4, ac1, be1), d4, to + 2 * width);
      hn::StoreU(hn::InterleaveUpper(d4, ac1, be1), d4, to + 3 * width);
    }
    for (; k < depth; ++k) {
      for (std::int64_t i = 0; i < 4; ++i) out[k * width + j + i] = row[i * ld + k];
    }
  }
#endif
  for (; j < filled; ++j) {
    for (std::int64_t k = 0; k < depth; ++k) {
      out[k * width + j] = j < panel.columns ? source[(j - first) * ld + k] : 0.0f;
    }
  }
}

/// c [kRows, width] = or += a [kRows, depth] times kPanels panels that lie `panel_stride` apart (their
/// results side by side).
template <int kRows, int kVectors, Layout kLayout, int kPanels = 1>
HWY_INLINE void tile(const float* HWY_RESTRICT a, std::int64_t lda, std::int64_t depth,
                     const float* HWY_RESTRICT b, std::int64_t ldb, float* HWY_RESTRICT c, std::int64_t ldc,
                     bool add, std::int64_t panel_stride = 0) {
  const Tag d;
  constexpr int kColumns = kVectors * kPanels;
  Vec sums[kRows][kColumns];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kColumns; ++v)
      sums[r][v] = add ? hn::LoadU(d, c + r * ldc + v * kLanes) : hn::Zero(d);
  }
  for (std::int64_t k = 0; k < depth; ++k) {
    Vec row[kColumns];
#pragma GCC unroll 16
    for (int v = 0; v < kColumns; ++v) {
      row[v] = hn::LoadU(d, b + v / kVectors * panel_stride + k * ldb + v % kVectors * kLanes);
    }
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const Vec x = hn::Set(d, kLayout == Layout::row_major ? a[r * lda + k] : a[k * lda + r]);
#pragma GCC unroll 16
      for (int v = 0; v < kColumns; ++v) sums[r][v] = hn::MulAdd(x, row[v], sums[r][v]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < kColumns; ++v) hn::StoreU(sums[r][v], d, c + r * ldc + v * kLanes);
  }
}

/// The tile of a number of rows known only at run time, 1 <= rows <= kRows.
template <int kVectors, Layout kLayout, int kRows = most_rows(kVectors)>
HWY_INLINE void tile_of(int rows, const float* a, std::int64_t lda, std::int64_t depth, const float* b,
                        std::int64_t ldb, float* c, std::int64_t ldc, bool add) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return tile_of<kVectors, kLayout, kRows - 1>(rows, a, lda, depth, b, ldb, c, ldc, add);
  }
  tile<kRows, kVectors, kLayout>(a, lda, depth, b, ldb, c, ldc, add);
}

/// c [rows, panel.columns] = or += a [rows, depth] times the panel. Rows are dealt out evenly over tiles:
/// five are three and two, not four and a slow one.
template <int kVectors, Layout kLayout>
HWY_NOINLINE void rows_times_panel(const float* a, std::int64_t lda, std::int64_t rows, std::int64_t depth,
                                   const Panel& panel, float* c, std::int64_t ldc, bool add) {
  const bool ragged = panel.columns < kVectors * kLanes;
  std::int64_t tiles = (rows + most_rows(kVectors) - 1) / most_rows(kVectors);
  for (; rows > 0; --tiles) {
    const int n = static_cast<int>((rows + tiles - 1) / tiles);
    if (!ragged) {
      tile_of<kVectors, kLayout>(n, a, lda, depth, panel.data, panel.ld, c, ldc, add);
    } else {
      alignas(64) float whole[most_rows(kVectors) * kVectors * kLanes];
      constexpr std::int64_t kWidth = kVectors * kLanes;
      for (int r = 0; add && r < n; ++r) {
        std::copy_n(c + r * ldc, panel.columns, whole + r * kWidth);
        std::fill(whole + r * kWidth + panel.columns, whole + (r + 1) * kWidth, 0.0f);
      }
      tile_of<kVectors, kLayout>(n, a, lda, depth, panel.data, panel.ld, whole, kWidth, add);
      for (int r = 0; r < n; ++r) std::copy_n(whole + r * kWidth, panel.columns, c + r * ldc);
    }
    a += kLayout == Layout::row_major ? n * lda : n;
    c += n * ldc;
    rows -= n;
  }
}

template <Layout kLayout>
HWY_INLINE void multiply(const float* a, std::int64_t lda, std::int64_t rows, std::int64_t depth,
                         const Panel& panel, float* c, std::int64_t ldc, bool add) {
  switch (panel.vectors()) {
    case 1:
      return rows_times_panel<1, kLayout>(a, lda, rows, depth, panel, c, ldc, add);
    case 2:
      return rows_times_panel<2, kLayout>(a, lda, rows, depth, panel, c, ldc, add);
    default:
      return rows_times_panel<3, kLayout>(a, lda, rows, depth, panel, c, ldc, add);
  }
}

}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
