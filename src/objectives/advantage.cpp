#include "objectives/advantage.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nudge {

double length_adaptive_lambda(std::int64_t tokens, double alpha) {
  return 1 - 1 / std::max(alpha * static_cast<double>(tokens), 1.0);
}

AdvantageEstimate gae(const Ragged& rewards, const Ragged& values, double gamma, double lambda) {
  return gae(rewards, values, gamma, std::vector<double>(values.rows(), lambda));
}

AdvantageEstimate gae(const Ragged& rewards, const Ragged& values, double gamma,
                      std::span<const double> lambdas_B) {
  AdvantageEstimate estimate{Ragged::zeros(values.lengths()), Ragged::zeros(values.lengths())};
  require(rewards.rows() == values.rows() && rewards.rows() == std::ssize(lambdas_B),
          "Advantages of {} completions need as many rows of values, but got {}.", rewards.rows(),
          values.rows());
  for (std::int64_t b = 0; b < values.rows(); ++b) {
    const auto r = rewards.row(b), v = values.row(b);
    require(
        r.size() == v.size(),
        "Advantage estimation needs one reward and one value per completion token, but got {} rewards and {} "
        "values.",
        r.size(), v.size());
    const auto advantages = estimate.advantages.row(b), returns = estimate.returns.row(b);
    double next_value = 0, next_advantage = 0;
    for (std::size_t t = v.size(); t-- > 0;) {
      const double delta = r[t] + gamma * next_value - v[t];
      next_advantage = delta + gamma * lambdas_B[b] * next_advantage;
      next_value = v[t];
      advantages[t] = static_cast<float>(next_advantage);
      returns[t] = static_cast<float>(next_advantage + v[t]);
    }
  }
  return estimate;
}

double centred(double x, double mean, double size) {
  const double difference = x - mean;
  return std::abs(difference) < 1e-12 * size ? 0 : difference;
}

void whiten(Ragged& values, const WhitenOptions& options) {
  const auto all = values.flat();
  const auto count = static_cast<double>(all.size());
  double sum = 0, squares = 0, largest = 0;
  for (const float x : all) sum += x, largest = std::max(largest, std::abs(double{x}));
  const double mean = sum / count;
  for (const float x : all) squares += (x - mean) * (x - mean);
  const double unbiased = count > 1 ? squares / (count - 1) : 0;
  const double variance =
      options.variance == Variance::unbiased ? unbiased + 1e-8 : std::max(squares / count, 1e-8);
  const double scale = 1 / std::sqrt(variance);
  const double shift = options.shift_mean ? 0 : mean;
  for (float& x : all) x = static_cast<float>(centred(x, mean, largest) * scale + shift);
}

}  // namespace nudge
