// The hyperbolic tangent of a vector: what soft caps bend scores and logits by.
#if defined(NUDGE_KERNELS_TANH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef NUDGE_KERNELS_TANH_INL_H
#undef NUDGE_KERNELS_TANH_INL_H
#else
#define NUDGE_KERNELS_TANH_INL_H
#endif

#include <hwy/contrib/math/math-inl.h>

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {

HWY_INLINE Vec hyperbolic_tangent(Vec x) {
  return hn::Tanh(Tag(), x);
}

}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
