#pragma once

#include <optional>

namespace nudge {

/// What a nat of KL to the reference costs in the reward.
struct KlCoefOptions {
  double start = 0.05;
  std::optional<double> target;  // the KL of a completion that the coefficient steers to; absent: it is fixed
  double horizon = 10000;        // completions over which it reacts
};

/// The coefficient of the next rollout (Ziegler et al. 2019, section 2.2):
///   coefficient * (1 + clip(kl / target - 1, -0.2, 0.2) * completions / horizon),
/// where `kl` is the mean, over the rollout's completions, of the KL summed over each; a fixed one stays.
/// Error when the target or the horizon is not positive or the KL not finite.
double next_kl_coef(double coefficient, double kl, double completions, const KlCoefOptions& options);

}  // namespace nudge
