#include "rewards/ensemble.h"

#include <utility>

#include "base/error.h"

namespace nudge {

Ensemble::Ensemble(std::string name, std::vector<std::unique_ptr<Reward>> members, Combination combination)
    : name_(std::move(name)), members_(std::move(members)), combination_(std::move(combination)) {
  require(!members_.empty(), "ensemble {}: it has no member.", name_);
  std::vector<std::string> names;
  for (const auto& member : members_) names.push_back(member->name());
  combination_.require_fits(names, "ensemble " + name_);
}

void Ensemble::score(std::span<Trajectory> trajectories) {
  std::vector<std::vector<double>> opinions(trajectories.size());
  std::vector<std::vector<std::pair<std::string, double>>> components;
  for (Trajectory& trajectory : trajectories) components.push_back(std::exchange(trajectory.components, {}));
  for (const auto& member : members_) {
    member->score(trajectories);
    for (std::size_t i = 0; i < trajectories.size(); ++i) opinions[i].push_back(trajectories[i].score);
  }
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    Trajectory& trajectory = trajectories[i];
    trajectory.score = combination_(opinions[i]);
    components[i].emplace_back(name_, trajectory.score);
    components[i].emplace_back(name_ + "/std", standard_deviation(opinions[i]));
    components[i].insert(components[i].end(), trajectory.components.begin(), trajectory.components.end());
    trajectory.components = std::move(components[i]);
  }
}

}  // namespace nudge
