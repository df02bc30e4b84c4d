#include "rollout/describe.h"

#include <algorithm>
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
