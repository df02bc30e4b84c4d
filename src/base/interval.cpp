#include "base/interval.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace nudge {
namespace {

constexpr double kZ95 = 1.959963984540054;  // the 97.5 % point of the standard normal

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Interval mean_interval(std::span<const double> values) {
  require(!values.empty(), "A mean needs at least one value, and there is none.");
  const double centre = mean(values);
  if (values.size() == 1) return {centre, centre, centre};
  double squares = 0;
  for (double value : values) squares += (value - centre) * (value - centre);
  const auto n = static_cast<double>(values.size());
  const double half = kZ95 * std::sqrt(squares / (n - 1) / n);
  return {centre, centre - half, centre + half};
}

Interval wilson_interval(double successes, std::int64_t n) {
  require(n > 0 && successes >= 0 && successes <= static_cast<double>(n),
          "A share needs at least one trial and between 0 and that many successes; here {} of {}.", successes,
          n);
  const auto trials = static_cast<double>(n);
  const double share = successes / trials, z2 = kZ95 * kZ95;
  const double centre = (share + z2 / (2 * trials)) / (1 + z2 / trials);
  const double half =
      kZ95 / (1 + z2 / trials) * std::sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials));
  return {share, std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

void Share::count(bool success) {
  successes += success;
  ++trials;
}

void Share::count_better(bool chose_first, double first, double second) {
  if (first != second) count(chose_first == (first > second));
}

}  // namespace nudge
