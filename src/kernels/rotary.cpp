#include "kernels/rotary.h"

#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rotary.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

/// Rotates the pairs (i, i + half) of each head of one row; `direction` is 1 or -1.
void rotate_heads(float* x, std::int64_t heads, std::int64_t e, std::int64_t half, const float* cosines,
                  const float* sines, float direction) {
  for (std::int64_t h = 0; h < heads; ++h) {
    float* first = x + h * e;
    float* second = first + half;
    for_each_vector(half, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      const Vec a = load(first + i, count), b = load(second + i, count), c = load(cosines + i, count);
      const Vec s = hn::Mul(load(sines + i, count), broadcast(direction));
      store(hn::NegMulAdd(b, s, hn::Mul(a, c)), first + i, count);
      store(hn::MulAdd(a, s, hn::Mul(b, c)), second + i, count);
    });
  }
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(rotate_heads);

void rotary(float* x, const std::int32_t* positions, std::int64_t rows, std::int64_t heads, std::int64_t e,
            std::int64_t rotated, std::int64_t ldx, const float* cosines, const float* sines, bool inverse) {
  const std::int64_t half = rotated / 2;
  if (half == 0) return;
  parallel_shares(rows, rows * heads * rotated / 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      HWY_DYNAMIC_DISPATCH(rotate_heads)
      (x + r * ldx, heads, e, half, cosines + positions[r] * half, sines + positions[r] * half,
       inverse ? -1.0f : 1.0f);
    }
  });
}

}  // namespace nudge::kernels
#endif
