#pragma once

#include <ATen/core/Tensor.h>

#include "base/names.h"
#include "tensor/ragged.h"

namespace nudge {

class Options;

/// Estimators of KL(policy || reference) per sampled token from x = policy_logprob - reference_logprob
/// (Schulman 2020, "Approximating KL divergence"): k1 = x, k2 = x^2 / 2, k3 = expm1(-x) + x.
/// k1 and k3 are unbiased; k1 can be negative, k2 and k3 cannot. expm1 keeps the digits of k3 near x = 0.
/// As a term of a loss, the gradient of k1 is 0 in expectation over samples and that of k3 is the gradient of
/// the *reverse* direction's KL; only k2's is that of KL(policy || reference). So k1_plus and k3_plus have
/// the value of k1 and k3 and the gradient of k2 ("straight through", verl's k1+ and k3+). `exact` is no
/// estimate of samples: whoever can ask both models sums over the vocabulary (rollout/scoring.h).
enum class KlEstimator { k1, k2, k3, k1_plus, k3_plus, exact };
constexpr auto names_table(KlEstimator) {
  return std::to_array<Named<KlEstimator>>({{KlEstimator::k1, "k1"},
                                            {KlEstimator::k2, "k2"},
                                            {KlEstimator::k3, "k3"},
                                            {KlEstimator::k1_plus, "k1+"},
                                            {KlEstimator::k3_plus, "k3+"},
                                            {KlEstimator::exact, "exact"}});
}

struct KlOptions {
  KlEstimator estimator = KlEstimator::k1;
  double limit = 0;  // clamp each token's estimate to this size; 0: do not (TRL); 10 (OpenRLHF, verl)
};
/// The estimator; the limit is a convention, in which programs differ.
void declare(Options& options, KlOptions& kl);

/// One estimate per token [N]; only `policy_N` is differentiable. Error when the lengths differ, or when the
/// exact KL is asked for.
at::Tensor kl_per_token(const at::Tensor& policy_N, const at::Tensor& reference_N, const KlOptions& options);

/// The estimates of a rollout, constants, computed in double: near x = 0 single precision has lost k3's
/// digits before expm1 could keep them.
Ragged measured_kl(const Ragged& policy, const Ragged& reference, const KlOptions& options);

}  // namespace nudge
