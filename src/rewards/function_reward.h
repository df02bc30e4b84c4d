#pragma once

#include <functional>
#include <utility>

#include "rewards/reward.h"

namespace nudge {

/// A reward from a C++ function of one trajectory (verifiers, the world's gold judge).
class FunctionReward : public Reward {
 public:
  using Function = std::function<double(const Trajectory&)>;
  FunctionReward(std::string name, Function function)
      : name_(std::move(name)), function_(std::move(function)) {}

  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override {
    for (Trajectory& trajectory : trajectories) {
      trajectory.score = function_(trajectory);
      trajectory.components.emplace_back(name_, trajectory.score);
    }
  }

 private:
  std::string name_;
  Function function_;
};

}  // namespace nudge
