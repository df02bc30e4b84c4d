#include "kernels/swiglu.h"

#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/swiglu.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

HWY_INLINE Vec sigmoid(Vec x) {
  const Vec one = broadcast(1.0f);
  return hn::Div(one, hn::Add(one, exponential(hn::Min(hn::Neg(x), broadcast(88.0f)))));
}

void gate_row(const float* gate, const float* up, std::int64_t f, float* y) {
  for_each_vector(f, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec g = load(gate + i, count);
    store(hn::Mul(hn::Mul(g, sigmoid(g)), load(up + i, count)), y + i, count);
  });
}

void gate_row_backward(const float* dy, const float* gate, const float* up, std::int64_t f, float* d_gate,
                       float* d_up) {
  for_each_vector(f, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec g = load(gate + i, count), gradient = load(dy + i, count), s = sigmoid(g);
    const Vec silu = hn::Mul(g, s);
    const Vec slope = hn::MulAdd(silu, hn::Sub(broadcast(1.0f), s), s);
    store(hn::Mul(gradient, silu), d_up + i, count);
    store(hn::Mul(hn::Mul(gradient, load(up + i, count)), slope), d_gate + i, count);
  });
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(gate_row);
HWY_EXPORT(gate_row_backward);

void swiglu(const float* gate_up, std::int64_t rows, std::int64_t f, float* y) {
  parallel_shares(rows, rows * f, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* gate = gate_up + r * 2 * f;
      HWY_DYNAMIC_DISPATCH(gate_row)(gate, gate + f, f, y + r * f);
    }
  });
}

void swiglu_backward(const float* dy, const float* gate_up, std::int64_t rows, std::int64_t f,
                     float* d_gate_up) {
  parallel_shares(rows, rows * f, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* gate = gate_up + r * 2 * f;
      float* d_gate = d_gate_up + r * 2 * f;
      HWY_DYNAMIC_DISPATCH(gate_row_backward)(dy + r * f, gate, gate + f, f, d_gate, d_gate + f);
    }
  });
}

}  // namespace nudge::kernels
#endif
