#include "objectives/kl.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace nudge {
namespace {

at::Tensor estimate(KlEstimator estimator, const at::Tensor& x_N) {
  switch (estimator) {
    case KlEstimator::k1:
      return x_N;
    case KlEstimator::k2:
      return 0.5 * x_N.square();
    case KlEstimator::k3:
      return (-x_N).expm1() + x_N;
  }
  fail("unknown KL estimator");
}

// Below -(limit + 1) k3 exceeds its limit, so x can be bounded first: where exp overflows, the derivative of
// what is cut off would be 0 times infinity.
at::Tensor limited(KlEstimator estimator, const at::Tensor& x_N, double limit) {
  const at::Tensor bounded_N = estimator == KlEstimator::k3 ? x_N.clamp_min(-(limit + 1)) : x_N;
  return estimate(estimator, bounded_N).clamp(-limit, limit);
}

}  // namespace

KlEstimator parse_kl_estimator(const std::string& name) {
  if (name == "k1") return KlEstimator::k1;
  if (name == "k2") return KlEstimator::k2;
  if (name == "k3") return KlEstimator::k3;
  throw UsageError(fmt::format("The KL estimator is one of k1, k2, k3, but got \"{}\".", name));
}

KlOptions parse_kl(const std::string& name) {
  const bool straight_through = name.ends_with("+");
  return {parse_kl_estimator(straight_through ? name.substr(0, name.size() - 1) : name), straight_through};
}

at::Tensor kl_per_token(const at::Tensor& policy_N, const at::Tensor& reference_N, const KlOptions& options) {
  require(policy_N.numel() == reference_N.numel(),
          "The KL needs the log-probabilities of the same tokens under policy and reference, but got {} and "
          "{}.",
          policy_N.numel(), reference_N.numel());
  const auto x_N = policy_N - reference_N;
  auto kl_N =
      options.limit > 0 ? limited(options.estimator, x_N, options.limit) : estimate(options.estimator, x_N);
  if (!options.straight_through) return kl_N;
  const auto carrier_N = estimate(KlEstimator::k2, x_N);
  return carrier_N - carrier_N.detach() + kl_N.detach();
}

Ragged measured_kl(const Ragged& policy, const Ragged& reference, const KlOptions& options) {
  const auto kl_N =
      kl_per_token(policy.values_N().to(at::kDouble), reference.values_N().to(at::kDouble), options);
  return {kl_N.to(at::kFloat), policy.lengths()};
}

}  // namespace nudge
