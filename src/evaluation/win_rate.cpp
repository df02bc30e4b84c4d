#include "evaluation/win_rate.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace nudge {

WinRate win_rate(std::span<const double> outcomes) {
  WinRate result{mean_interval(outcomes)};
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
