#include "rollout/describe.h"

#include <algorithm>
#include <cmath>
#include <set>
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
  metrics.set("completions/distinct", distinct_share(trajectories));
}

double distinct_share(std::span<const Trajectory> trajectories) {
  std::set<std::vector<std::int32_t>> distinct;
  for (const Trajectory& trajectory : trajectories) distinct.insert(trajectory.completion_tokens);
  return static_cast<double>(distinct.size()) / static_cast<double>(trajectories.size());
}

std::vector<std::pair<std::string, double>> monitored(std::span<Reward* const> monitors,
                                                      std::span<const Trajectory> trajectories) {
  std::vector<std::pair<std::string, double>> means;
  for (Reward* monitor : monitors) {
    std::vector<Trajectory> copies(trajectories.begin(), trajectories.end());
    monitor->score(copies);
    double total = 0, scored = 0;
    for (const Trajectory& copy : copies) {
      if (std::isnan(copy.score)) continue;
      total += copy.score;
      ++scored;
    }
    means.emplace_back(monitor->name(), total / scored);
  }
  return means;
}

Json sample_record(const Trajectory& trajectory) {
  return {{"prompt", trajectory.prompt.question()},
          {"completion", trajectory.completion},
          {"completion_tokens", trajectory.completion_tokens},
          {"ended", trajectory.ended},
          {"score", trajectory.score}};
}

}  // namespace nudge
