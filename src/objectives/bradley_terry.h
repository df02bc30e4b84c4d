#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/loss_sum.h"

namespace nudge {

/// Bradley-Terry (1952) as reward models use it (Ouyang et al. 2022, eq. 1): -logsigmoid(chosen - rejected -
/// margin), summed over pairs, plus centering c (chosen + rejected)^2 (Eisenstein et al. 2023) when
/// `centering` > 0. `weights` [P] (undefined: all 1) lets all pairs of one prompt count as one, 1/C(K,2)
/// each; the count is the sum of weights. Metrics: accuracy, margin, mean_reward.
LossSum bradley_terry(const at::Tensor& chosen_P, const at::Tensor& rejected_P, const at::Tensor& margins_P,
                      const at::Tensor& weights_P, double centering);

}  // namespace nudge
