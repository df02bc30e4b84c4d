#include "kernels/weight_gradient.h"

#include <algorithm>

#include "kernels/bf16/product.h"
#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/weight_gradient.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

/// Tokens that are taken together: their share of a panel of x (36 KiB at most) stays in the first-level
/// cache while all rows of dw pass over it, and their dy in the second.
constexpr std::int64_t kTokens = 192;

/// Floats between the copied rows of dy: an odd number of cache lines, so that the lines of one column spread
/// over all sets of the cache.
HWY_INLINE std::int64_t odd_lines(std::int64_t n) {
  return ((n + 15) / 16 | 1) * 16;
}

std::int64_t gradient_workspace(std::int64_t n, std::int64_t k) {
  return kTokens * (odd_lines(n) + round_up_to_vectors(k));
}

/// Rows of dw for `n` columns of dy. Both operands are copied a block at a time: where they lie, the lines of
/// one column are often a power of two apart and displace each other.
void add_tokens(const float* dy, std::int64_t lddy, const float* x, std::int64_t ldx, std::int64_t tokens,
                std::int64_t n, std::int64_t k, float* dw, std::int64_t lddw, bool add, float* memory) {
  const std::int64_t ld = odd_lines(n);
  float* panels = memory + kTokens * ld;
  for (std::int64_t t = 0; t == 0 || t < tokens; t += kTokens) {
    const std::int64_t depth = std::min(kTokens, tokens - t);
    for (std::int64_t i = 0; i < depth; ++i) std::copy_n(dy + (t + i) * lddy, n, memory + i * ld);
    for (std::int64_t p = 0; p < panel_count(k); ++p) {
      const Panel panel = panel_at(panels, p, k, depth);
      copy_panel(x + t * ldx + p * kPanelWidth, ldx, depth, panel, panels + p * kPanelWidth * depth);
      multiply<Layout::transposed>(memory, ld, n, depth, panel, dw + p * kPanelWidth, lddw, add || t > 0);
    }
  }
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

/// Rows of dw whose dy stays in the second-level cache.
constexpr std::int64_t kRows = 384;

HWY_EXPORT(gradient_workspace);
HWY_EXPORT(add_tokens);

void weight_gradient(const float* dy, std::int64_t lddy, const float* x, std::int64_t ldx,
                     std::int64_t tokens, std::int64_t n, std::int64_t k, float* dw, std::int64_t lddw,
                     Store store, Precision precision) {
  if (precision == Precision::bfloat16)
    return bf16::weight_gradient({dy, lddy}, {x, ldx}, tokens, n, k, dw, lddw, store == Store::add);
  parallel_shares(n, tokens * n * k / 32, [&](std::int64_t begin, std::int64_t end) {
    thread_local AlignedFloats memory;
    const auto size = static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(gradient_workspace)(kRows, k));
    if (memory.size() < size) memory.resize(size);
    for (std::int64_t row = begin; row < end; row += kRows) {
      HWY_DYNAMIC_DISPATCH(add_tokens)
      (dy + row, lddy, x, ldx, tokens, std::min(kRows, end - row), k, dw + row * lddw, lddw,
       store == Store::add, memory.data());
    }
  });
}

}  // namespace nudge::kernels
#endif
