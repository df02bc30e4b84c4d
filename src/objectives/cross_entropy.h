#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/loss_sum.h"

namespace nudge {

/// Negative log-likelihood: sum of -logprobs over the N positions that carry a loss; the count is N.
LossSum cross_entropy(const at::Tensor& logprobs_N);

}  // namespace nudge
