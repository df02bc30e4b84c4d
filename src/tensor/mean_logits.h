#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/logit_curve.h"
#include "tensor/weight.h"

namespace nudge {

/// The mean over the vocabulary of the logits behind each hidden state [N], as they leave the model: scaled
/// and capped. hidden [N, D], head [V, D], fp32 on the CPU; no gradient. Where no cap bends them it is the
/// logit of the head's mean row (summed in double, in the order of the rows: the same bits on any number of
/// threads); else in chunks of rows, as token_logprobs.
at::Tensor mean_logits(const at::Tensor& hidden_ND, const Weight& head_VD, const LogitCurve& curve);

}  // namespace nudge
