#include "objectives/advantage.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nudge {

AdvantageEstimate gae(std::span<const float> rewards, std::span<const float> values, double gamma,
                      double lambda) {
  require(
      rewards.size() == values.size(),
      "Advantage estimation needs one reward and one value per completion token, but got {} rewards and {} "
      "values.",
      rewards.size(), values.size());
  AdvantageEstimate estimate{std::vector<float>(values.size()), std::vector<float>(values.size())};
  double next_value = 0, next_advantage = 0;
  for (std::size_t t = values.size(); t-- > 0;) {
    const double delta = rewards[t] + gamma * next_value - values[t];
    next_advantage = delta + gamma * lambda * next_advantage;
    next_value = values[t];
    estimate.advantages[t] = static_cast<float>(next_advantage);
    estimate.returns[t] = static_cast<float>(next_advantage + values[t]);
  }
  return estimate;
}

double centred(double x, double mean, double size) {
  const double difference = x - mean;
  return std::abs(difference) < 1e-12 * size ? 0 : difference;
}

Variance parse_variance(const std::string& name) {
  if (name == "unbiased") return Variance::unbiased;
  if (name == "biased") return Variance::biased;
  throw UsageError(fmt::format("The variance is unbiased or biased, but got \"{}\".", name));
}

void whiten(std::vector<std::vector<float>>& values, const WhitenOptions& options) {
  double count = 0, sum = 0, squares = 0, largest = 0;
  for (const auto& row : values) {
    count += static_cast<double>(row.size());
    for (const float x : row) sum += x, largest = std::max(largest, std::abs(double{x}));
  }
  const double mean = sum / count;
  for (const auto& row : values)
    for (float x : row) squares += (x - mean) * (x - mean);
  const double unbiased = count > 1 ? squares / (count - 1) : 0;
  const double variance =
      options.variance == Variance::unbiased ? unbiased + 1e-8 : std::max(squares / count, 1e-8);
  const double scale = 1 / std::sqrt(variance);
  const double shift = options.shift_mean ? 0 : mean;
  for (auto& row : values)
    for (float& x : row) x = static_cast<float>(centred(x, mean, largest) * scale + shift);
}

}  // namespace nudge
