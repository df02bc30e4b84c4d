#include "objectives/kl.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nudge {

KlEstimator parse_kl_estimator(const std::string& name) {
  if (name == "k1") return KlEstimator::k1;
  if (name == "k2") return KlEstimator::k2;
  if (name == "k3") return KlEstimator::k3;
  throw UsageError(fmt::format("The KL estimator is one of k1, k2, k3, but got \"{}\".", name));
}

std::vector<float> kl_per_token(KlEstimator estimator, std::span<const float> policy,
                                std::span<const float> reference) {
  require(
      policy.size() == reference.size(),
      "The KL needs the log-probabilities of the same tokens under policy and reference, but got {} and {}.",
      policy.size(), reference.size());
  std::vector<float> kl(policy.size());
  for (std::size_t i = 0; i < kl.size(); ++i) {
    const double x = static_cast<double>(policy[i]) - reference[i];
    switch (estimator) {
      case KlEstimator::k1:
        kl[i] = static_cast<float>(x);
        break;
      case KlEstimator::k2:
        kl[i] = static_cast<float>(x * x / 2);
        break;
      case KlEstimator::k3:
        kl[i] = static_cast<float>(std::expm1(-x) + x);
        break;
    }
  }
  return kl;
}

KlController KlController::fixed(double coefficient) {
  return KlController(coefficient, 0, 0);
}

KlController KlController::adaptive(double initial, double target, double horizon) {
  require(target > 0 && horizon > 0,
          "An adaptive KL coefficient needs a positive target and horizon, but got target {} and horizon {}.",
          target, horizon);
  return KlController(initial, target, horizon);
}

void KlController::update(double mean_sequence_kl, double sequences) {
  if (horizon_ == 0) return;
  require(std::isfinite(mean_sequence_kl),
          "The adaptive KL coefficient cannot follow a KL of {}; lower the learning rate or raise the "
          "coefficient.",
          mean_sequence_kl);
  const double error = std::clamp(mean_sequence_kl / target_ - 1, -0.2, 0.2);
  coefficient_ *= 1 + error * sequences / horizon_;
}

}  // namespace nudge
