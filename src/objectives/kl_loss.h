#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "objectives/kl.h"

namespace nudge {

/// The leash as a term of the loss. In expectation over samples the gradient of k1 is 0 and that of k3 is the
/// gradient of the *reverse* direction's KL; only k2's is that of KL(policy || reference). So an estimator
/// may be read for its value and k2 for its gradient ("straight through", verl's k1+ and k3+).
struct KlLossOptions {
  KlEstimator estimator = KlEstimator::k3;
  bool straight_through = false;
  double limit = 0;  // clamp each token's estimate to this size; 0: do not (TRL); 10 (OpenRLHF, verl)
};
/// "k1", "k2", "k3", and "k1+", "k3+" for straight through. UsageError with the known names.
KlLossOptions parse_kl_loss(const std::string& name);

/// One estimate per token [N]; only `policy_N` is differentiable.
at::Tensor kl_loss(const at::Tensor& policy_N, const at::Tensor& reference_N, const KlLossOptions& options);

}  // namespace nudge
