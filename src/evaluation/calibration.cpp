#include "evaluation/calibration.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "evaluation/statistics.h"

namespace nudge {

namespace {

constexpr std::size_t kBins = 10;

void require_matching(std::size_t predictions, std::size_t outcomes) {
  require(predictions == outcomes && predictions > 0,
          "Calibration needs as many outcomes as predictions, and at least one; here {} and {}.", outcomes,
          predictions);
}

// log(1 + exp(x)) without overflow.
double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

}  // namespace

std::vector<CalibrationBin> calibration_bins(std::span<const double> probabilities,
                                             std::span<const double> outcomes) {
  require_matching(probabilities.size(), outcomes.size());
  std::vector<CalibrationBin> bins(kBins);
  for (std::size_t i = 0; i < probabilities.size(); ++i) {
    const double p = probabilities[i];
    require(p >= 0 && p <= 1, "A probability must lie between 0 and 1, and here is {}.", p);
    auto& bin = bins[std::min(kBins - 1, static_cast<std::size_t>(p * kBins))];
    bin.predicted += p;
    bin.observed += outcomes[i];
    ++bin.count;
  }
  std::erase_if(bins, [](const CalibrationBin& bin) { return bin.count == 0; });
  for (auto& bin : bins) {
    bin.predicted /= static_cast<double>(bin.count);
    bin.observed /= static_cast<double>(bin.count);
  }
  return bins;
}

double expected_calibration_error(std::span<const double> probabilities, std::span<const double> outcomes) {
  double error = 0;
  for (const auto& bin : calibration_bins(probabilities, outcomes))
    error += static_cast<double>(bin.count) * std::abs(bin.predicted - bin.observed);
  return error / static_cast<double>(probabilities.size());
}

double preference_log_loss(std::span<const double> logits, std::span<const double> outcomes,
                           double temperature) {
  require_matching(logits.size(), outcomes.size());
  double loss = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double logit = logits[i] / temperature;
    loss += outcomes[i] * softplus(-logit) + (1 - outcomes[i]) * softplus(logit);
  }
  return loss / static_cast<double>(logits.size());
}

double fit_temperature(std::span<const double> logits, std::span<const double> outcomes) {
  // The loss is convex in 1 / T, so it has one minimum in log T too: golden-section search finds it.
  const double golden = (std::sqrt(5.0) - 1) / 2;
  auto loss = [&](double log_t) { return preference_log_loss(logits, outcomes, std::exp(log_t)); };
  double low = std::log(.05), high = std::log(20.0);
  double left = high - golden * (high - low), right = low + golden * (high - low);
  double left_loss = loss(left), right_loss = loss(right);
  while (high - low > 1e-6) {
    if (left_loss < right_loss) {
      high = std::exchange(right, left);
      right_loss = std::exchange(left_loss, loss(left = high - golden * (high - low)));
    } else {
      low = std::exchange(left, right);
      left_loss = std::exchange(right_loss, loss(right = low + golden * (high - low)));
    }
  }
  return std::exp((low + high) / 2);
}

double fit_temperature(std::span<const double> differences) {
  return fit_temperature(differences, std::vector<double>(differences.size(), 1.0));
}

}  // namespace nudge
