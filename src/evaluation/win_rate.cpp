#include "evaluation/win_rate.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace nudge {
namespace {

// Where every outcome was won, or every one lost, there is no spread to go by, and Wilson's interval says
// what so many can tell.
Interval share_interval(std::span<const double> outcomes) {
  const Interval mean = mean_interval(outcomes);
  if (mean.value != 0 && mean.value != 1) return mean;
  return wilson_interval(mean.value * static_cast<double>(outcomes.size()), std::ssize(outcomes));
}

}  // namespace

WinRate win_rate(std::span<const double> outcomes) {
  WinRate result{share_interval(outcomes)};
  result.low = std::max(result.low, 0.);
  result.high = std::min(result.high, 1.);
  for (double outcome : outcomes) {
    require(outcome >= 0 && outcome <= 1, "An outcome lies between 0 (lost) and 1 (won), and here is {}.",
            outcome);
    result.wins += outcome > .5;
    result.ties += outcome == .5;
    result.losses += outcome < .5;
  }
  return result;
}

WinRate win_rate(std::span<const double> scores, std::span<const double> other_scores, double tie_within) {
  require(scores.size() == other_scores.size(),
          "A win rate compares answers to the same prompts; here are {} scores against {}.", scores.size(),
          other_scores.size());
  std::vector<double> outcomes;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const double difference = scores[i] - other_scores[i];
    outcomes.push_back(std::abs(difference) <= tie_within ? .5 : difference > 0 ? 1 : 0);
  }
  return win_rate(outcomes);
}

}  // namespace nudge
