#include "rollout/describe.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace nudge {
namespace {

// Mean, lowest and highest; 0 of nothing.
void describe_lengths(const std::vector<double>& lengths, const std::string& infix, Metrics& metrics) {
  double total = 0, low = 0, high = 0;
  if (!lengths.empty()) {
    for (double length : lengths) total += length;
    total /= static_cast<double>(lengths.size());
    low = *std::min_element(lengths.begin(), lengths.end());
    high = *std::max_element(lengths.begin(), lengths.end());
  }
  metrics.set("completions/mean_" + infix + "length", total);
  metrics.set("completions/min_" + infix + "length", low);
  metrics.set("completions/max_" + infix + "length", high);
}

struct Part {
  std::string name;
  std::vector<double> values;
};

std::vector<Part> parts_of(std::span<const Trajectory> trajectories) {
  std::vector<Part> parts;
  for (const Trajectory& trajectory : trajectories) {
    for (const auto& [name, value] : trajectory.components) {
      auto found =
          std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.name == name; });
      if (found == parts.end()) found = parts.insert(parts.end(), {name, {}});
      if (!std::isnan(value)) found->values.push_back(value);
    }
  }
  return parts;
}

}  // namespace

void describe_completions(std::span<const Trajectory> trajectories, Metrics& metrics) {
  std::vector<double> all, ended;
  for (const Trajectory& trajectory : trajectories) {
    const auto length = static_cast<double>(trajectory.completion_tokens.size());
    all.push_back(length);
    if (trajectory.ended) ended.push_back(length);
  }
  describe_lengths(all, "", metrics);
  describe_lengths(ended, "terminated_", metrics);
  metrics.set("completions/clipped_ratio",
              1 - static_cast<double>(ended.size()) / static_cast<double>(all.size()));
}

void describe_rewards(std::span<const Trajectory> trajectories, Metrics& metrics) {
  for (const Part& part : parts_of(trajectories)) {
    const auto n = static_cast<double>(part.values.size());
    double mean = 0, squares = 0;
    for (double value : part.values) mean += value / n;
    for (double value : part.values) squares += (value - mean) * (value - mean);
    metrics.set("rewards/" + part.name + "/mean", n > 0 ? mean : std::nan(""));
    metrics.set("rewards/" + part.name + "/std", n > 1 ? std::sqrt(squares / (n - 1)) : 0);
  }
  const auto unscorable = std::count_if(trajectories.begin(), trajectories.end(),
                                        [](const Trajectory& t) { return std::isnan(t.score); });
  metrics.set("rewards/unscorable",
              static_cast<double>(unscorable) / static_cast<double>(trajectories.size()));
}

void describe_monitors(std::span<Reward* const> monitors, std::span<const Trajectory> trajectories,
                       Metrics& metrics) {
  for (Reward* monitor : monitors) {
    std::vector<Trajectory> copies(trajectories.begin(), trajectories.end());
    monitor->score(copies);
    double total = 0;
    for (const Trajectory& copy : copies) total += copy.score;
    metrics.set("monitor/" + monitor->name(), total / static_cast<double>(copies.size()));
  }
}

Json sample_record(const Trajectory& trajectory) {
  return {{"prompt", trajectory.prompt.question()},
          {"completion", trajectory.completion},
          {"completion_tokens", trajectory.completion_tokens},
          {"ended", trajectory.ended},
          {"score", trajectory.score}};
}

}  // namespace nudge
