#include "kernels/logit_curve.h"

#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/logit_curve.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/tanh-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

void bend(float* x, std::int64_t n, float scale, float soft_cap, float* slopes) {
  const Vec height = broadcast(soft_cap), steepness = broadcast(scale / soft_cap), slope = broadcast(scale);
  for_each_vector(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec t = hyperbolic_tangent(hn::Mul(load(x + i, count), steepness));
    store(hn::Mul(height, t), x + i, count);
    if (slopes) store(hn::NegMulAdd(hn::Mul(t, t), slope, slope), slopes + i, count);
  });
}

void stretch(float* x, std::int64_t n, float scale, float* slopes) {
  const Vec slope = broadcast(scale);
  for_each_vector(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    store(hn::Mul(load(x + i, count), slope), x + i, count);
    if (slopes) store(slope, slopes + i, count);
  });
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(bend);
HWY_EXPORT(stretch);

void bend_logits(float* x, std::int64_t n, float scale, float soft_cap, float* slopes) {
  parallel_shares(n, n, [&](std::int64_t begin, std::int64_t end) {
    float* its_slopes = slopes ? slopes + begin : nullptr;
    if (soft_cap > 0) {
      HWY_DYNAMIC_DISPATCH(bend)(x + begin, end - begin, scale, soft_cap, its_slopes);
    } else {
      HWY_DYNAMIC_DISPATCH(stretch)(x + begin, end - begin, scale, its_slopes);
    }
  });
}

}  // namespace nudge::kernels
#endif
