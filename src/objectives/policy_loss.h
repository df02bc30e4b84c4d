#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "tensor/loss_sum.h"

namespace nudge {

struct PolicyClip {
  double cliprange = 0.2;
  std::optional<double> delta = {};  // largest r, which bounds what a negative A can do: dual-clip PPO's c
                                     // (Ye et al. 2020, eq. 5)
  double log_ratio_limit = 0;        // clamp new - old to this size first; 0: do not
};

/// PPO's clipped surrogate (Schulman et al. 2017, eq. 7), per token, as a sum:
///   -min(min(r, delta) A, clip(r, 1 - cliprange, 1 + cliprange) A),   r = exp(new - old).
/// Inputs [N], aligned, only at completion tokens; `logprobs` is differentiable, the others are constants.
/// Metrics, means over tokens: loss/policy_avg; policy/clipfrac_avg (share where the clip decides);
/// policy/approxkl_avg, 0.5 (new - old)^2; val/ratio; val/ratio_var, still the mean of r^2: a variance does
/// not add up over micro-batches, so whoever reports it subtracts the square of val/ratio at the end.
LossSum clipped_policy_loss(const at::Tensor& logprobs, const at::Tensor& old_logprobs,
                            const at::Tensor& advantages, const PolicyClip& clip);

/// Clipped value loss (as in OpenAI's baselines): 0.5 max((v - R)^2, (clip(v, old +- cliprange_value) -
/// R)^2), per token, as a sum. Inputs [N]; only `values` is differentiable. Metrics, means over tokens:
/// loss/value_avg; val/clipfrac_avg (share where the clipped error is larger).
LossSum clipped_value_loss(const at::Tensor& values, const at::Tensor& old_values, const at::Tensor& returns,
                           double cliprange_value);

}  // namespace nudge
