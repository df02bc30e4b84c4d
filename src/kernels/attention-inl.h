// What the forward and backward passes of causal attention share: one head's matrices in panels, and the
// softmax of a row of scores.
#if defined(NUDGE_KERNELS_ATTENTION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NUDGE_KERNELS_ATTENTION_INL_H
#undef NUDGE_KERNELS_ATTENTION_INL_H
#else
#define NUDGE_KERNELS_ATTENTION_INL_H
#endif

#include <hwy/cache_control.h>
#include <hwy/contrib/math/math-inl.h>

#include <limits>

#include "kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {

/// All panels of B [depth, n], written piece by piece: a trunk's keys stay while those of its branches follow
/// one another behind them. Their memory is the caller's, panels_size(n, depth) floats.
struct Panels {
  float* data;
  std::int64_t n, depth;

  std::int64_t count() const { return panel_count(n); }
  Panel operator[](std::int64_t p) const { return panel_at(data, p, n, depth); }

  /// Rows from `first` on of B become source [rows, n].
  void copy(const float* source, std::int64_t ld, std::int64_t first, std::int64_t rows) const {
    for (std::int64_t p = 0; p < count(); ++p) {
      const Panel panel = (*this)[p];
      copy_panel(source + p * kPanelWidth, ld, rows, panel,
                 data + p * kPanelWidth * depth + first * panel.ld);
    }
  }
  /// Columns from `first` on of B become source^T, source [columns, depth].
  void transpose(const float* source, std::int64_t ld, std::int64_t first, std::int64_t columns) const {
    const std::int64_t end = first + columns;
    for (std::int64_t p = first / kPanelWidth; p * kPanelWidth < end; ++p) {
      const std::int64_t start = p * kPanelWidth, from = std::max(first, start);
      Panel panel = (*this)[p];
      panel.columns = std::min(kPanelWidth, end - start);
      transpose_panel(source + (from - first) * ld, ld, depth, panel, data + start * depth, from - start);
    }
  }
};

/// Hands out slices of one piece of memory, each on a cache line.
struct Workspace {
  float* next;

  float* take(std::int64_t floats) {
    float* slice = next;
    next += (floats + 15) / 16 * 16;
    return slice;
  }
};

/// scores [rows, keys] = a [rows, e] times the key (or value) panels, for the queries from `first` on, each
/// up to its own position at least.
HWY_INLINE void causal_products(const float* a, std::int64_t lda, std::int64_t e, std::int64_t first,
                                std::int64_t rows, const Panels& panels, float* scores, std::int64_t ld) {
  for (std::int64_t p = 0; p * kPanelWidth < first + rows; ++p) {
    const std::int64_t start = p * kPanelWidth;
    // Queries before the panel's first key.
    const std::int64_t skip = std::max<std::int64_t>(0, start - first);
    const Panel panel = panels[p].first_vectors(first + rows - start);
    multiply<Layout::row_major>(a + skip * lda, lda, rows - skip, e, panel, scores + skip * ld + start, ld,
                                false);
  }
}

/// c [rows, n] = weights [rows, keys] times the panels, for the queries from `first` on, whose weights are
/// zero past their own position.
HWY_INLINE void causal_sums(const float* weights, std::int64_t ld, std::int64_t first, std::int64_t rows,
                            const Panels& panels, float* c, std::int64_t ldc) {
  for (std::int64_t p = 0; p < panels.count(); ++p) {
    const Panel panel = panels[p];
    const std::int64_t step = most_rows(panel.vectors());
    for (std::int64_t r = 0; r < rows; r += step) {
      const std::int64_t n = std::min(step, rows - r);
      multiply<Layout::row_major>(weights + r * ld, ld, n, first + r + n, panel,
                                  c + r * ldc + p * kPanelWidth, ldc, false);
    }
  }
}

/// exp(x - max) in place for the first n elements, zero for the rest up to `padded`; tells the maximum and
/// the sum. The row's memory is whole vectors.
HWY_INLINE void exponentiate(float* x, std::int64_t n, std::int64_t padded, float* maximum, float* total) {
  const Tag d;
  const std::int64_t whole = n / kLanes * kLanes;
  const auto rest = first_lanes(n - whole);
  const Vec lowest = broadcast(-std::numeric_limits<float>::infinity());
  const Vec last = whole < n ? hn::IfThenElse(rest, hn::LoadU(d, x + whole), lowest) : lowest;
  Vec highest = last;
  for (std::int64_t i = 0; i < whole; i += kLanes) highest = hn::Max(highest, hn::LoadU(d, x + i));
  highest = hn::MaxOfLanes(d, highest);
  const Vec end = exponential(hn::Sub(last, highest));
  Vec sums = end;
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    const Vec y = exponential(hn::Sub(hn::LoadU(d, x + i), highest));
    sums = hn::Add(sums, y);
    hn::StoreU(y, d, x + i);
  }
  if (whole < n) hn::StoreU(end, d, x + whole);
  for (std::int64_t i = round_up_to_vectors(n); i < padded; i += kLanes) hn::StoreU(hn::Zero(d), d, x + i);
  *maximum = hn::GetLane(highest);
  *total = sum(sums);
}

HWY_INLINE void prefetch(const float* x, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += 16) hwy::Prefetch(x + i);
}

HWY_INLINE void scale_row(const float* x, float factor, std::int64_t n, float* y) {
  const Vec f = broadcast(factor);
  for_each_vector(n, [&](std::int64_t i, std::int64_t count)
                         HWY_ATTR { store(hn::Mul(load(x + i, count), f), y + i, count); });
}

}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
