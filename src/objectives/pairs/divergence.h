#pragma once

#include <cmath>
#include <functional>

#include "base/names.h"
#include "tensor/aten.h"

namespace nudge {

// DPO under other leashes than reverse KL (Wang et al. 2023, "Beyond Reverse KL", eq. 7): the log-ratio
// x = log(pi / pi_ref) gives way to f'(e^x), without the constants, which cancel between the two sides.

/// f(t) = t log t: f' = x (+ 1). DPO as published.
inline at::Tensor reverse_kl(const at::Tensor& x) {
  return x;
}

/// f(t) = -log t: f' = -1/t (+ 1, as TRL writes it).
inline at::Tensor forward_kl(const at::Tensor& x) {
  return -at::expm1(-x);
}

/// f(t) = t log t - (t + 1) log((t + 1) / 2): f' = log(2t / (t + 1)) = log 2 + logsigmoid(x).
inline at::Tensor js_divergence(const at::Tensor& x) {
  return M_LN2 + at::log_sigmoid(x);
}

/// f' = (t^(a - 1) - 1) / (a - 1); a = 1 is reverse KL, a = 0 forward KL. The exponent is capped at 80, so
/// that single precision holds it.
inline at::Tensor alpha_divergence(const at::Tensor& x, double alpha) {
  if (std::abs(alpha - 1) < 1e-6) return x;
  return at::expm1(((alpha - 1) * x).clamp_max(80)) / (alpha - 1);
}

/// f' of a log-ratio.
using Divergence = std::function<at::Tensor(const at::Tensor&)>;

enum class DivergenceType { reverse_kl, forward_kl, js_divergence, alpha_divergence };
constexpr auto names_table(DivergenceType) {
  using Type = DivergenceType;
  return std::to_array<Named<Type>>({{Type::reverse_kl, "reverse_kl"},
                                     {Type::forward_kl, "forward_kl"},
                                     {Type::js_divergence, "js_divergence"},
                                     {Type::alpha_divergence, "alpha_divergence"}});
}
inline Divergence divergence_of(DivergenceType type, double alpha) {
  switch (type) {
    case DivergenceType::reverse_kl:
      return reverse_kl;
    case DivergenceType::forward_kl:
      return forward_kl;
    case DivergenceType::js_divergence:
      return js_divergence;
    case DivergenceType::alpha_divergence:
      break;
  }
  return [alpha](const at::Tensor& x) { return alpha_divergence(x, alpha); };
}

}  // namespace nudge
