#include "preference/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace nudge {
namespace {

/// Linear between the two neighbours, as numpy's default.
double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Interval bootstrap_interval(std::size_t units, const Statistic& statistic, const BootstrapOptions& options) {
  require(units > 0 && options.resamples > 0,
          "bootstrap: expected at least one unit and one resample, but came {} and {}.", units,
          options.resamples);
  std::vector<double> values;
  std::vector<double> multiplicities(units);
  for (std::int64_t i = 0; i < options.resamples; ++i) {
    Stream stream(options.seed, "bootstrap", i);
    std::ranges::fill(multiplicities, 0);
    for (std::size_t draw = 0; draw < units; ++draw) multiplicities[stream.below(units)] += 1;
    const double value = statistic(multiplicities);
    if (!std::isnan(value)) values.push_back(value);
  }
  std::ranges::sort(values);
  std::ranges::fill(multiplicities, 1);
  return {statistic(multiplicities), quantile(values, .025), quantile(values, .975)};
}

}  // namespace nudge
