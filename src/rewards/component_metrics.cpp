#include "rewards/component_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nudge {
namespace {

struct Component {
  std::string name;
  std::vector<double> scores;
  double unscorable = 0;
};

std::vector<Component> gathered(std::span<const Trajectory> trajectories) {
  std::vector<Component> components;
  for (const Trajectory& trajectory : trajectories) {
    for (const auto& [name, score] : trajectory.components) {
      auto found = std::find_if(components.begin(), components.end(),
                                [&](const Component& known) { return known.name == name; });
      if (found == components.end()) found = components.insert(components.end(), {name, {}, 0});
      std::isnan(score) ? void(++found->unscorable) : found->scores.push_back(score);
    }
  }
  return components;
}

}  // namespace

Metrics component_metrics(std::span<const Trajectory> trajectories) {
  Metrics metrics;
  for (const Component& component : gathered(trajectories)) {
    const auto n = static_cast<double>(component.scores.size());
    double sum = 0, squares = 0;
    for (const double score : component.scores) sum += score;
    for (const double score : component.scores) squares += (score - sum / n) * (score - sum / n);
    const std::string prefix = "rewards/" + component.name;
    metrics.set(prefix + "/mean", sum / n);
    metrics.set(prefix + "/std",
                n < 2 ? std::numeric_limits<double>::quiet_NaN() : std::sqrt(squares / (n - 1)));
    metrics.set(prefix + "/unscorable", component.unscorable / (n + component.unscorable));
  }
  return metrics;
}

}  // namespace nudge
