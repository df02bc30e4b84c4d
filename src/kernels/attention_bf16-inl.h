// Causal attention whose products are in bf16: what its forward pass, its backward pass and decoding share.
#if defined(NUDGE_KERNELS_ATTENTION_BF16_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NUDGE_KERNELS_ATTENTION_BF16_INL_H
#undef NUDGE_KERNELS_ATTENTION_BF16_INL_H
#else
#define NUDGE_KERNELS_ATTENTION_BF16_INL_H
#endif

#include "kernels/attention-inl.h"
#include "kernels/bf16/path.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {

/// Queries of one sequence that pass over its keys together: two tiles of rows.
constexpr std::int64_t kBlockQueries = 2 * bf16::kTileRows;

HWY_INLINE std::int64_t whole_panels(std::int64_t n) {
  return bf16::panels(n) * bf16::kPanelColumns;
}

/// The keys that a block of queries needs, in whole panels: all of its keys where there is no window.
struct KeyRange {
  std::int64_t base, end;

  /// For `rows` queries behind `before` tokens and more.
  KeyRange(std::int64_t window, std::int64_t before, std::int64_t rows)
      : base(first_key(window, before) / bf16::kPanelColumns * bf16::kPanelColumns),
        end(whole_panels(before + rows)) {}
  std::int64_t size() const { return end - base; }
};

/// Pieces of one buffer, each on a cache line.
struct BitsWorkspace {
  bf16::Bits* next;

  bf16::Bits* take(std::int64_t count) {
    bf16::Bits* slice = next;
    next += (count + 31) / 32 * 32;
    return slice;
  }
};

/// scores [rows, keys of the range] = a [rows, e] (tiles) times the keys, or values, as columns.
HWY_INLINE void key_products(const bf16::Bits* a, std::int64_t e, std::int64_t rows, const KeyRange& keys,
                             const bf16::Bits* across, float* scores, std::int64_t ld) {
  const std::int64_t stride = bf16::panel_size(e);
  bf16::path().multiply(a, e, across + keys.base / bf16::kPanelColumns * stride, stride,
                        {scores + keys.base, ld, rows, keys.size(), bf16::Into::replace});
}

/// c [rows, e] = weights [rows, keys of the range] times the values, or keys, as rows, of which there is room
/// for `capacity`. `tiles` has room for the weights.
HWY_INLINE void key_sums(const float* weights, std::int64_t ld, std::int64_t rows, const KeyRange& keys,
                         const bf16::Bits* values, std::int64_t capacity, std::int64_t e, float* c,
                         std::int64_t ldc, bf16::Bits* tiles) {
  bf16::path().pack_rows({weights + keys.base, ld}, rows, keys.size(), tiles);
  bf16::path().multiply(tiles, keys.size(), values + keys.base / bf16::kTileDepth * 2 * bf16::kTile,
                        bf16::panel_size(capacity), {c, ldc, rows, e, bf16::Into::replace});
}

/// Scores become exp(score - highest) over the keys of the range that the query behind `before` tokens sees,
/// zero elsewhere.
HWY_INLINE void weigh_keys(float soft_cap, std::int64_t window, const KeyRange& keys, std::int64_t before,
                           float* scores, float* highest, float* total) {
  mask_scores(soft_cap, window, keys.base, before, scores);
  exponentiate(scores + keys.base, before + 1 - keys.base, keys.size(), highest, total);
}

/// Keys or values of a group, row after row: the trunk's stay while those of its branches follow one another
/// behind them.
struct KeyRows {
  float* rows;
  std::int64_t e;

  void copy(const float* source, std::int64_t ld, std::int64_t first, std::int64_t count) const {
    for (std::int64_t j = 0; j < count; ++j) std::copy_n(source + j * ld, e, rows + (first + j) * e);
  }
  /// As columns: panels of `count` of them, e deep.
  void across(std::int64_t count, bf16::Bits* panels) const {
    bf16::pack_panels({rows, e}, count, e, panels);
  }
  /// As rows: panels of columns, `capacity` (whole panels) deep, of which `count` rows are there.
  void down(std::int64_t count, std::int64_t capacity, bf16::Bits* panels) const {
    bf16::pack_panels_transposed({rows, e}, e, count, bf16::panel_size(capacity), panels);
  }
};

}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
