// A reward of one's own in C++: docs/rewards.md shows this file and what it prints.
#include <cstdio>
#include <limits>

#include "rewards/catalogue.h"
#include "rewards/component_metrics.h"
#include "rewards/function_reward.h"
#include "rewards/weighted_sum.h"

// 1 for an answer that ends with a full stop; an empty one cannot be judged.
double ends_well(const nudge::Trajectory& trajectory) {
  if (trajectory.completion.empty()) return std::numeric_limits<double>::quiet_NaN();
  return trajectory.completion.ends_with('.') ? 1 : 0;
}

int main() {
  std::vector<nudge::WeightedReward> parts;
  parts.push_back({std::make_unique<nudge::FunctionReward>("ends_well", ends_well), 0.5});
  parts.push_back({nudge::make_reward(nudge::parse_reward_spec("number"))});
  nudge::WeightedSum reward(std::move(parts));

  std::vector<nudge::Trajectory> trajectories(2);
  trajectories[0].completion = "It is 5.";
  trajectories[1].completion = "8";
  for (nudge::Trajectory& trajectory : trajectories) trajectory.prompt.extra["answer"] = 5;
  reward.score(trajectories);
  for (const nudge::Trajectory& trajectory : trajectories)
    std::printf("%s -> %g\n", trajectory.completion.c_str(), trajectory.score);
  for (const auto& [name, value] : nudge::component_metrics(trajectories))
    std::printf("%s %.3f\n", name.c_str(), value);
}
