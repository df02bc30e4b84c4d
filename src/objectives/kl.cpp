#include "objectives/kl.h"

#include "base/error.h"
#include "base/options.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

bool straight_through(KlEstimator estimator) {
  return estimator == KlEstimator::k1_plus || estimator == KlEstimator::k3_plus;
}

bool is_k3(KlEstimator estimator) {
  return estimator == KlEstimator::k3 || estimator == KlEstimator::k3_plus;
}

at::Tensor estimate(KlEstimator estimator, const at::Tensor& x_N) {
  switch (estimator) {
    case KlEstimator::k1:
    case KlEstimator::k1_plus:
      return x_N;
    case KlEstimator::k2:
      return 0.5 * x_N.square();
    case KlEstimator::k3:
    case KlEstimator::k3_plus:
      return (-x_N).expm1() + x_N;
    case KlEstimator::exact:
      break;
  }
  fail("The exact KL is not estimated from the log-probabilities of what was sampled.");
}

// Below -(limit + 1) k3 exceeds its limit, so x can be bounded first: where exp overflows, the derivative of
// what is cut off would be 0 times infinity.
at::Tensor limited(KlEstimator estimator, const at::Tensor& x_N, double limit) {
  const at::Tensor bounded_N = is_k3(estimator) ? x_N.clamp_min(-(limit + 1)) : x_N;
  return estimate(estimator, bounded_N).clamp(-limit, limit);
}

}  // namespace

void declare(Options& options, KlOptions& kl) {
  options.choose("kl_estimator", kl.estimator,
                 "Estimator per sampled token (+ takes k2's gradient, the right one in a loss), or exact, "
                 "over the whole vocabulary.");
}

at::Tensor kl_per_token(const at::Tensor& policy_N, const at::Tensor& reference_N, const KlOptions& options) {
  require(policy_N.numel() == reference_N.numel(),
          "The KL needs the log-probabilities of the same tokens under policy and reference, but got {} and "
          "{}.",
          policy_N.numel(), reference_N.numel());
  const auto x_N = policy_N - reference_N;
  auto kl_N =
      options.limit > 0 ? limited(options.estimator, x_N, options.limit) : estimate(options.estimator, x_N);
  if (!straight_through(options.estimator)) return kl_N;
  const auto carrier_N = estimate(KlEstimator::k2, x_N);
  return carrier_N - carrier_N.detach() + kl_N.detach();
}

Ragged measured_kl(const Ragged& policy, const Ragged& reference, const KlOptions& options) {
  const auto kl_N =
      kl_per_token(policy.values_N().to(at::kDouble), reference.values_N().to(at::kDouble), options);
  return {kl_N.to(at::kFloat), policy.lengths()};
}

}  // namespace nudge
