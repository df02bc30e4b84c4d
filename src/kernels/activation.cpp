#include "kernels/activation.h"

#include "kernels/parallel.h"
#include "kernels/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cpp"
#include <hwy/foreach_target.h>  // before highway.h
#include <hwy/highway.h>

#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nudge::kernels::HWY_NAMESPACE {
namespace {

/// f(x) and its slope there.
struct Curve {
  Vec value, slope;
};

HWY_INLINE Vec sigmoid(Vec x) {
  const Vec one = broadcast(1.0f);
  return hn::Div(one, hn::Add(one, exponential(hn::Min(hn::Neg(x), broadcast(88.0f)))));
}

/// The normal distribution up to x, to about 2e-6 of itself in the far tail too: half of erfc(z) at z = |x| /
/// sqrt(2) is t / 2 e^(-z^2 + p(t)) with t = 1 / (1 + z / 2); p is the polynomial of degree 8 that fits best
/// at Chebyshev's nodes for z up to 7.5.
HWY_INLINE Vec normal_up_to(Vec x) {
  const Vec z = hn::Mul(hn::Abs(x), broadcast(0.70710678f));
  const Vec t = hn::Div(broadcast(1.0f), hn::MulAdd(broadcast(0.5f), z, broadcast(1.0f)));
  Vec p = broadcast(0.111900537f);
  for (const float c : {-0.719841613f, 1.82143736f, -2.1850264f, 1.13550513f, -0.358490402f, 0.470946474f,
                        0.988496907f, -1.26492806f})
    p = hn::MulAdd(p, t, broadcast(c));
  const Vec tail = hn::Mul(hn::Mul(broadcast(0.5f), t), exponential(hn::NegMulAdd(z, z, p)));
  return hn::IfThenElse(hn::Lt(x, zero()), tail, hn::Sub(broadcast(1.0f), tail));
}

template <Activation kKind>
HWY_INLINE Curve curve(Vec x) {
  const Vec one = broadcast(1.0f);
  if constexpr (kKind == Activation::silu) {
    const Vec s = sigmoid(x), value = hn::Mul(x, s);
    return {value, hn::MulAdd(value, hn::Sub(one, s), s)};
  } else if constexpr (kKind == Activation::gelu) {
    const Vec s = normal_up_to(x);
    const Vec density =
        hn::Mul(broadcast(0.39894228f), exponential(hn::Mul(hn::Mul(x, x), broadcast(-0.5f))));
    return {hn::Mul(x, s), hn::MulAdd(x, density, s)};
  } else {                                                          // (1 + tanh u) / 2 = sigmoid(2 u)
    const Vec x2 = hn::Mul(x, x), factor = broadcast(1.59576912f);  // 2 sqrt(2 / pi)
    const Vec s = sigmoid(hn::Mul(hn::Mul(x, factor), hn::MulAdd(broadcast(0.044715f), x2, one)));
    const Vec value = hn::Mul(x, s), inner = hn::Mul(factor, hn::MulAdd(broadcast(0.134145f), x2, one));
    return {value, hn::MulAdd(hn::Mul(value, hn::Sub(one, s)), inner, s)};
  }
}

template <Activation kKind>
void activate_numbers(const float* x, std::int64_t n, float* y) {
  for_each_vector(n, [&](std::int64_t i, std::int64_t count)
                         HWY_ATTR { store(curve<kKind>(load(x + i, count)).value, y + i, count); });
}

template <Activation kKind>
void differentiate_numbers(const float* dy, const float* x, std::int64_t n, float* dx) {
  for_each_vector(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    store(hn::Mul(load(dy + i, count), curve<kKind>(load(x + i, count)).slope), dx + i, count);
  });
}

template <Activation kKind>
void gate_row(const float* gate, const float* up, std::int64_t width, float* y) {
  for_each_vector(width, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    store(hn::Mul(curve<kKind>(load(gate + i, count)).value, load(up + i, count)), y + i, count);
  });
}

template <Activation kKind>
void differentiate_gate_row(const float* dy, const float* gate, const float* up, std::int64_t width,
                            float* d_gate, float* d_up) {
  for_each_vector(width, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    const Vec gradient = load(dy + i, count);
    const Curve c = curve<kKind>(load(gate + i, count));
    store(hn::Mul(gradient, c.value), d_up + i, count);
    store(hn::Mul(hn::Mul(gradient, load(up + i, count)), c.slope), d_gate + i, count);
  });
}

/// The four passes with one activation.
struct Passes {
  decltype(&activate_numbers<Activation::silu>) activate;
  decltype(&differentiate_numbers<Activation::silu>) differentiate;
  decltype(&gate_row<Activation::silu>) gate;
  decltype(&differentiate_gate_row<Activation::silu>) differentiate_gate;
};

template <Activation kKind>
constexpr Passes passes() {
  return {activate_numbers<kKind>, differentiate_numbers<kKind>, gate_row<kKind>,
          differentiate_gate_row<kKind>};
}

constexpr Passes kPasses[] = {passes<Activation::silu>(), passes<Activation::gelu>(),
                              passes<Activation::gelu_tanh>()};

void activate_share(Activation f, const float* x, std::int64_t n, float* y) {
  kPasses[static_cast<int>(f)].activate(x, n, y);
}
void differentiate_share(Activation f, const float* dy, const float* x, std::int64_t n, float* dx) {
  kPasses[static_cast<int>(f)].differentiate(dy, x, n, dx);
}
void gate_share(Activation f, const float* gate_up, std::int64_t rows, std::int64_t width, float* y) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* gate = gate_up + r * 2 * width;
    kPasses[static_cast<int>(f)].gate(gate, gate + width, width, y + r * width);
  }
}
void differentiate_gate_share(Activation f, const float* dy, const float* gate_up, std::int64_t rows,
                              std::int64_t width, float* d_gate_up) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* gate = gate_up + r * 2 * width;
    float* d_gate = d_gate_up + r * 2 * width;
    kPasses[static_cast<int>(f)].differentiate_gate(dy + r * width, gate, gate + width, width, d_gate,
                                                    d_gate + width);
  }
}

}  // namespace
}  // namespace nudge::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nudge::kernels {

HWY_EXPORT(activate_share);
HWY_EXPORT(differentiate_share);
HWY_EXPORT(gate_share);
HWY_EXPORT(differentiate_gate_share);

void activate(Activation f, const float* x, std::int64_t n, float* y) {
  parallel_shares(n, n, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(activate_share)(f, x + begin, end - begin, y + begin);
  });
}

void activate_backward(Activation f, const float* dy, const float* x, std::int64_t n, float* dx) {
  parallel_shares(n, n, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(differentiate_share)(f, dy + begin, x + begin, end - begin, dx + begin);
  });
}

void gate(Activation f, const float* gate_up, std::int64_t rows, std::int64_t width, float* y) {
  parallel_shares(rows, rows * width, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(gate_share)
    (f, gate_up + begin * 2 * width, end - begin, width, y + begin * width);
  });
}

void gate_backward(Activation f, const float* dy, const float* gate_up, std::int64_t rows, std::int64_t width,
                   float* d_gate_up) {
  parallel_shares(rows, rows * width, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(differentiate_gate_share)
    (f, dy + begin * width, gate_up + begin * 2 * width, end - begin, width, d_gate_up + begin * 2 * width);
  });
}

}  // namespace nudge::kernels
#endif
