#pragma once

#include "tensor/aten.h"

namespace nudge {

// Losses on single completions that a rater liked (desirable) or not. `ratio` [B] is log(pi / pi_ref), summed
// over the completion; `desirable` [B] is a bool. Each -> [B], to be weighted by the caller.

/// Kahneman-Tversky optimisation (Ethayarajh et al. 2024, eq. 7): 1 - s(beta (x - kl)) for a desirable
/// completion, 1 - s(beta (kl - x)) for another. `kl` is the reference point, one number for the optimizer
/// step (kto_reference_point), without a gradient.
inline at::Tensor kto(const at::Tensor& ratio, const at::Tensor& desirable, double beta, double kl) {
  const auto z = beta * (ratio - kl);
  return at::sigmoid(at::where(desirable, -z, z));
}

/// max(0, mean log-ratio) over completions that answer another prompt of the same step: an estimate of
/// KL(pi || pi_ref) (ibid., section 4.1).
inline double kto_reference_point(const at::Tensor& mismatched_ratio) {
  return std::max(0.0, mismatched_ratio.mean(at::kDouble).item<double>());
}

}  // namespace nudge
