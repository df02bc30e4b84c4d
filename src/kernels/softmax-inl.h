// Passes over one row of logits, shared by log-probabilities and sampling so that both see the same numbers.
#if defined(NUDGE_KERNELS_SOFTMAX_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NUDGE_KERNELS_SOFTMAX_INL_H
#undef NUDGE_KERNELS_SOFTMAX_INL_H
#else
#define NUDGE_KERNELS_SOFTMAX_INL_H
#endif

#include <cmath>
#include <limits>

#include "kernels/logprob.h"
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
  float total;     // sum of exp(z), z = x * scale - shift
  float weighted;  // sum of z exp(z), when asked for
};

template <bool kWeighted>
HWY_INLINE SoftmaxSums softmax_sums(const float* x, std::int64_t n, float shift, float scale) {
  const Vec shift_v = broadcast(shift), scale_v = broadcast(scale);
  Vec total = zero(), weighted = zero();
  for_each_vector(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec logit = load(x + i, count, -std::numeric_limits<float>::infinity());
    const Vec z = hn::MulSub(logit, scale_v, shift_v), y = exponential(z);
    total = hn::Add(total, y);
    // A logit of -infinity has no share in the entropy: 0 log 0 = 0.
    if constexpr (kWeighted)
      weighted = hn::Add(weighted, hn::IfThenZeroElse(hn::Eq(y, zero()), hn::Mul(y, z)));
  });
  return {sum(total), sum(weighted)};
}

/// z[target] - log_total, z as above and log_total the logarithm of the sum of exp(z) over the row; of a
/// nearly certain target, minus the logarithm of 1 + the sum of the others relative to it.
HWY_INLINE float logprob_of(const float* x, std::int64_t n, std::int64_t target, float shift, float scale,
                            float log_total) {
  const float z = std::fma(x[target], scale, -shift), logprob = z - log_total;
  if (!(logprob > kNearlyCertain)) return logprob;
  const float others = softmax_sums<false>(x, target, shift, scale).total +
                       softmax_sums<false>(x + target + 1, n - target - 1, shift, scale).total;
  return 0 - std::log1p(others / std::exp(z));
}

}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
