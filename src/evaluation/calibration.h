#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace nudge {

/// One bin of a reliability diagram: pairs whose predicted preference fell into it.
struct CalibrationBin {
  double predicted = 0;  // mean probability
  double observed = 0;   // mean outcome
  std::int64_t count = 0;
};

/// Ten equal bins over [0, 1]; empty ones are left out. Outcomes are 0, 1, or .5 for a tie.
std::vector<CalibrationBin> calibration_bins(std::span<const double> probabilities,
                                             std::span<const double> outcomes);

/// The temperature T > 0 that minimises the log loss of sigma(logit / T) against the outcomes (Guo et al.
/// 2017), searched within [.05, 20]. Above 1 the model is too sure of itself. Logits are differences of
/// rewards.
double fit_temperature(std::span<const double> logits, std::span<const double> outcomes);
/// The temperature from differences chosen minus rejected: every outcome is 1.
double fit_temperature(std::span<const double> differences);

/// Mean log loss of sigma(logit / temperature).
double preference_log_loss(std::span<const double> logits, std::span<const double> outcomes,
                           double temperature = 1);

}  // namespace nudge
