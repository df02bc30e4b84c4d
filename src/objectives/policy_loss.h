#pragma once

#include <ATen/core/Tensor.h>

#include "objectives/surrogate.h"
#include "tensor/loss_sum.h"

namespace nudge {

/// PPO's clipped surrogate (Schulman et al. 2017, eq. 7; objectives/surrogate.h), per token, as a sum. Inputs
/// [N], aligned, only at completion tokens; `logprobs_N` is differentiable, the others are constants.
/// Metrics over tokens: loss/policy_avg; policy/clipfrac_avg (share where the clip decides);
/// policy/approxkl_avg, 0.5 (new - old)^2; val/ratio, and its variance val/ratio_var.
LossSum clipped_policy_loss(const at::Tensor& logprobs_N, const at::Tensor& old_logprobs_N,
                            const at::Tensor& advantages_N, const Completions& completions,
                            const SurrogateOptions& options);

/// Clipped value loss (as in OpenAI's baselines): 0.5 max((v - R)^2, (clip(v, old +- cliprange_value) -
/// R)^2), per token, as a sum. Inputs [N]; only `values` is differentiable. Metrics, means over tokens:
/// loss/value_avg; val/clipfrac_avg (share where the clipped error is larger).
LossSum clipped_value_loss(const at::Tensor& values, const at::Tensor& old_values, const at::Tensor& returns,
                           double cliprange_value);

}  // namespace nudge
