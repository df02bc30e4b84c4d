#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/loss_sum.h"

namespace nudge {

/// Bradley-Terry (1952) as reward models use it (Ouyang et al. 2022, eq. 1; the margin of Touvron et al.
/// 2023, eq. 2), per pair, as a weighted sum:
///   -logsigmoid(chosen - rejected - margin) + centering (chosen + rejected)^2   (Eisenstein et al. 2023).
/// `margins` [P] may be undefined: all 0. `weights` [P] (undefined: all 1) lets all pairs of one prompt count
/// as one, 1/C(K,2) each; the count is the sum of weights. Metrics, weighted means over pairs: accuracy (a
/// tie in score counts as wrong), margin (chosen - rejected), mean_reward.
LossSum bradley_terry(const at::Tensor& chosen_P, const at::Tensor& rejected_P, const at::Tensor& margins_P,
                      const at::Tensor& weights_P, double centering);

}  // namespace nudge
