#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "tensor/logit_curve.h"
#include "tensor/weight.h"

namespace nudge {

/// One number for each hidden state [N] from its logits, of which a chunk of rows is in memory at a time:
/// `numbers_of` makes numbers [rows] of logits [rows, V]. hidden [N, D], head [V, D], fp32 on the CPU.
at::Tensor of_logit_rows(const at::Tensor& hidden_ND, const Weight& head_VD, const LogitCurve& curve,
                         const std::function<at::Tensor(const at::Tensor& logits)>& numbers_of);

}  // namespace nudge
