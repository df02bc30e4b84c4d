#include "evaluation/reward_raters.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "base/interval_json.h"
#include "evaluation/statistics.h"

namespace nudge {
namespace {

// Votes on two answers, in the order of their texts.
struct Votes {
  double first = 0, second = 0, tie = 0;
  double difference = 0;  // of scores, first minus second

  double count() const { return first + second + tie; }
  double agreement() const {
    return (first * (first - 1) + second * (second - 1) + tie * (tie - 1)) / (count() * (count() - 1));
  }
};

}  // namespace

Json repeated_votes(std::span<const ScoredPair> votes) {
  std::map<std::tuple<std::string, std::string, std::string>, Votes> pairs;
  for (const ScoredPair& vote : votes) {
    const bool in_order = vote.chosen_text < vote.rejected_text;
    Votes& counted = pairs[{vote.prompt, in_order ? vote.chosen_text : vote.rejected_text,
                            in_order ? vote.rejected_text : vote.chosen_text}];
    (vote.tie ? counted.tie : in_order ? counted.first : counted.second) += 1;
    counted.difference = in_order ? vote.difference() : -vote.difference();
  }
  std::vector<double> agreements;
  double sides = 0, majorities = 0;
  for (const auto& [texts, counted] : pairs) {
    if (counted.count() < 2) continue;
    agreements.push_back(counted.agreement());
    if (counted.first == counted.second || counted.tie >= std::max(counted.first, counted.second)) continue;
    ++majorities;
    const bool first = counted.first > counted.second;
    sides += counted.difference == 0 ? 0.5 : (counted.difference > 0) == first;
  }
  if (agreements.empty()) return Json::object();
  const Interval agreement = mean_interval(agreements);
  Json result = {{"repeated", agreements.size()}, {"agreement", interval_json(agreement)}};
  // Of votes drawn with p, two agree in a = p^2 + (1 - p)^2, and who knows p is right in max(p, 1 - p) =
  // (1 + sqrt(2 a - 1)) / 2, which is concave in a: its mean is at most its value at the mean.
  result["accuracy_bound"] = (1 + std::sqrt(std::max(0.0, 2 * agreement.value - 1))) / 2;
  if (majorities > 0) result["majority_accuracy"] = interval_json(wilson_interval(sides, majorities));
  return result;
}

}  // namespace nudge
