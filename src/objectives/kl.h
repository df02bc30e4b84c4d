#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "tensor/ragged.h"

namespace nudge {

/// Estimators of KL(policy || reference) per sampled token from x = policy_logprob - reference_logprob
/// (Schulman 2020, "Approximating KL divergence"): k1 = x, k2 = x^2 / 2, k3 = expm1(-x) + x.
/// k1 and k3 are unbiased; k1 can be negative, k2 and k3 cannot. expm1 keeps the digits of k3 near x = 0.
enum class KlEstimator { k1, k2, k3 };
KlEstimator parse_kl_estimator(const std::string& name);  // UsageError with the known names

/// How each token's KL is estimated. As a term of a loss, the gradient of k1 is 0 in expectation over samples
/// and that of k3 is the gradient of the *reverse* direction's KL; only k2's is that of KL(policy ||
/// reference). So an estimator may be read for its value and k2 for its gradient ("straight through", verl's
/// k1+ and k3+).
struct KlOptions {
  KlEstimator estimator = KlEstimator::k3;
  bool straight_through = false;
  double limit = 0;  // clamp each token's estimate to this size; 0: do not (TRL); 10 (OpenRLHF, verl)
};
/// "k1", "k2", "k3", and "k1+", "k3+" for straight through. UsageError with the known names.
KlOptions parse_kl(const std::string& name);

/// One estimate per token [N]; only `policy_N` is differentiable. Error when the lengths differ.
at::Tensor kl_per_token(const at::Tensor& policy_N, const at::Tensor& reference_N, const KlOptions& options);

/// The estimates of a rollout, constants, computed in double: near x = 0 single precision has lost k3's
/// digits before expm1 could keep them.
Ragged measured_kl(const Ragged& policy, const Ragged& reference, const KlOptions& options);

}  // namespace nudge
