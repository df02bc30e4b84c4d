// Passes over one row of logits, shared by log-probabilities and sampling so that both see the same numbers.
#if defined(NUDGE_KERNELS_SOFTMAX_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NUDGE_KERNELS_SOFTMAX_INL_H
#undef NUDGE_KERNELS_SOFTMAX_INL_H
#else
#define NUDGE_KERNELS_SOFTMAX_INL_H
#endif

#include <limits>

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {

HWY_INLINE float row_maximum(const float* x, std::int64_t n) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  Vec a = broadcast(kLowest), b = a, c = a, e = a;
  std::int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    a = hn::Max(a, load(x + i));
    b = hn::Max(b, load(x + i + kLanes));
    c = hn::Max(c, load(x + i + 2 * kLanes));
    e = hn::Max(e, load(x + i + 3 * kLanes));
  }
  for (; i < n; i += kLanes) a = hn::Max(a, load(x + i, n - i, kLowest));
  return maximum(hn::Max(hn::Max(a, b), hn::Max(c, e)));
}

struct SoftmaxSums {
  float total;     // sum of exp(z), z = (x - shift) * scale
  float weighted;  // sum of z exp(z), when asked for
};

HWY_INLINE SoftmaxSums softmax_sums(const float* x, std::int64_t n, float shift, float scale, bool weighted) {
  const Vec shift_v = broadcast(shift), scale_v = broadcast(scale);
  Vec total[2] = {zero(), zero()}, products[2] = {zero(), zero()};
  const auto add = [&](int lane, Vec logit) HWY_ATTR {
    const Vec z = hn::Mul(hn::Sub(logit, shift_v), scale_v), y = exponential(z);
    total[lane] = hn::Add(total[lane], y);
    // A logit of -infinity has no share in the entropy: 0 log 0 = 0.
    if (weighted)
      products[lane] = hn::Add(products[lane], hn::IfThenZeroElse(hn::Eq(y, zero()), hn::Mul(y, z)));
  };
  std::int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    add(0, load(x + i));
    add(1, load(x + i + kLanes));
  }
  for (; i < n; i += kLanes) add(0, load(x + i, n - i, -std::numeric_limits<float>::infinity()));
  return {sum(hn::Add(total[0], total[1])), sum(hn::Add(products[0], products[1]))};
}

}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
