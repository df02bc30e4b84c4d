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

#include "kernels/attention_group.h"
#include "kernels/tanh-inl.h"
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

/// Queries of one sequence that pass over its keys together: `rows` of them from its token `first` on. They
/// need the keys from `base` on, which is where a panel begins: 0 but for a window.
struct QueryBlock {
  std::int64_t first, rows, base;

  QueryBlock(const AttentionShape& shape, std::int64_t first_query, std::int64_t count)
      : first(first_query),
        rows(count),
        base(first_key(shape.window, first_query) / kPanelWidth * kPanelWidth) {}

  std::int64_t end() const { return first + rows; }
};

/// scores [rows, keys] = a [rows, e] times the key (or value) panels, of each query from the block's base up
/// to its own position at least.
HWY_INLINE void causal_products(const float* a, std::int64_t lda, std::int64_t e, const QueryBlock& block,
                                const Panels& panels, float* scores, std::int64_t ld) {
  const std::int64_t first = block.first, rows = block.rows;
  for (std::int64_t p = block.base / kPanelWidth; p * kPanelWidth < first + rows; ++p) {
    const std::int64_t start = p * kPanelWidth;
    // Queries before the panel's first key.
    const std::int64_t skip = std::max<std::int64_t>(0, start - first);
    const Panel panel = panels[p].first_vectors(first + rows - start);
    multiply<Layout::row_major>(a + skip * lda, lda, rows - skip, e, panel, scores + skip * ld + start, ld,
                                false);
  }
}

/// c [rows, n] = weights [rows, keys] times the panels; a query's weights are zero past its own position.
HWY_INLINE void causal_sums(const float* weights, std::int64_t ld, const QueryBlock& block,
                            const Panels& panels, float* c, std::int64_t ldc) {
  const std::int64_t base = block.base;
  for (std::int64_t p = 0; p < panels.count(); ++p) {
    const Panel panel = panels[p].from_row(base);
    const std::int64_t step = most_rows(panel.vectors());
    for (std::int64_t r = 0; r < block.rows; r += step) {
      const std::int64_t n = std::min(step, block.rows - r);
      multiply<Layout::row_major>(weights + r * ld + base, ld, n, block.first + r + n - base, panel,
                                  c + r * ldc + p * kPanelWidth, ldc, false);
    }
  }
}

/// x = cap * tanh(x / cap) in place; past n the rest of the last vector changes too.
HWY_INLINE void cap_scores(float* x, float cap, std::int64_t n) {
  const Tag d;
  const Vec height = broadcast(cap), slope = broadcast(1 / cap);
  for (std::int64_t i = 0; i < n; i += kLanes)
    hn::StoreU(hn::Mul(height, hyperbolic_tangent(hn::Mul(hn::LoadU(d, x + i), slope))), d, x + i);
}

/// Caps the scores of the query behind `before` tokens, from the key `base` on, and shuts out the keys that
/// lie before its window.
HWY_INLINE void mask_scores(float soft_cap, std::int64_t window, std::int64_t base, std::int64_t before,
                            float* scores) {
  if (soft_cap > 0) cap_scores(scores + base, soft_cap, before + 1 - base);
  for (std::int64_t j = base; j < first_key(window, before); ++j)
    scores[j] = -std::numeric_limits<float>::infinity();
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

/// scores become probabilities p, and products become p * (product - mean), for the first n of `padded`
/// elements; the rest become zero. With kCapped, products are then times the slope of the cap, 1 - (score /
/// cap)^2. The rows' memory is whole vectors.
template <bool kCapped>
HWY_INLINE void differentiate_scores(float* scores, float* products, float log_sum_exp, float mean, float cap,
                                     std::int64_t n, std::int64_t padded) {
  const Tag d;
  const Vec shift = broadcast(log_sum_exp), centre = broadcast(mean), shrink = broadcast(1 / cap);
  for (std::int64_t i = 0; i < padded; i += kLanes) {
    const Vec score = hn::LoadU(d, scores + i);
    Vec p = exponential(hn::Sub(score, shift));
    Vec slope = hn::Mul(p, hn::Sub(hn::LoadU(d, products + i), centre));
    if constexpr (kCapped) {
      const Vec t =
          hn::Max(broadcast(-1.0f), hn::Mul(score, shrink));  // a key that is shut out has -infinity
      slope = hn::NegMulAdd(hn::Mul(t, t), slope, slope);
    }
    if (i + kLanes > n) {
      const auto valid = first_lanes(n - i);
      p = hn::IfThenElseZero(valid, p);
      slope = hn::IfThenElseZero(valid, slope);
    }
    hn::StoreU(p, d, scores + i);
    hn::StoreU(slope, d, products + i);
  }
}

HWY_INLINE void differentiate_row(float* scores, float* products, float log_sum_exp, float mean, float cap,
                                  std::int64_t n, std::int64_t padded) {
  if (cap > 0) return differentiate_scores<true>(scores, products, log_sum_exp, mean, cap, n, padded);
  differentiate_scores<false>(scores, products, log_sum_exp, mean, 1, n, padded);
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
