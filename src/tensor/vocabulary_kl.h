#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/logit_curve.h"
#include "tensor/weight.h"

namespace nudge {

/// Final hidden states and the head that turns them into logits.
struct HeadInput {
  at::Tensor hidden_ND;
  Weight weight_VD;
  LogitCurve curve = {};
};

/// KL(policy || reference) over the whole vocabulary at each of N positions, of the softmaxes at a
/// temperature:
///   sum over v of p_v (log p_v - log q_v),   d KL / d logit_v = p_v (log p_v - log q_v - KL) / temperature.
/// Exact where the estimators of objectives/kl.h see one sampled token. Differentiable in the policy only;
/// never holds logits of more than a chunk of rows: the backward pass computes them again. The two may differ
/// in D, not in V. Error when the shapes do not fit.
at::Tensor vocabulary_kl(const HeadInput& policy, const HeadInput& reference, double temperature);

}  // namespace nudge
