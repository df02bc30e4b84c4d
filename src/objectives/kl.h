#pragma once

#include <span>
#include <string>
#include <vector>

namespace nudge {

/// Estimators of KL(policy || reference) per sampled token from x = policy_logprob - reference_logprob
/// (Schulman 2020, "Approximating KL divergence"): k1 = x, k2 = x^2 / 2, k3 = expm1(-x) + x.
/// k1 and k3 are unbiased; k1 can be negative, k2 and k3 cannot. expm1 keeps the digits of k3 near x = 0.
enum class KlEstimator { k1, k2, k3 };
KlEstimator parse_kl_estimator(const std::string& name);  // UsageError with the known names

/// One value per token; Error when the lengths differ.
std::vector<float> kl_per_token(KlEstimator estimator, std::span<const float> policy,
                                std::span<const float> reference);

/// The coefficient of the leash. Fixed, or adaptive (Ziegler et al. 2019):
/// coefficient *= 1 + clip(kl / target - 1, -0.2, 0.2) * sequences / horizon.
class KlController {
 public:
  static KlController fixed(double coefficient);
  static KlController adaptive(double initial, double target, double horizon);
  double coefficient() const { return coefficient_; }
  /// `mean_sequence_kl` is the mean over `sequences` of the KL summed over a completion. No effect when
  /// fixed.
  void update(double mean_sequence_kl, double sequences);
  void restore(double coefficient) { coefficient_ = coefficient; }  // from a checkpoint

 private:
  KlController(double coefficient, double target, double horizon)
      : coefficient_(coefficient), target_(target), horizon_(horizon) {}
  double coefficient_, target_, horizon_;  // horizon 0: fixed
};

}  // namespace nudge
