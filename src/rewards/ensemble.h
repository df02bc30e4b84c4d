#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rewards/combination.h"
#include "rewards/reward.h"

namespace nudge {

/// Several rewards of the same thing, as reward models trained with different seeds or data, combined into
/// one score. Components: the ensemble's own under its name, its standard deviation under "NAME/std" (how far
/// the members disagree), then the members' own.
class Ensemble : public Reward {
 public:
  /// Throws Error without members, or when the combination does not suit them.
  Ensemble(std::string name, std::vector<std::unique_ptr<Reward>> members, Combination combination);

  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override;

 private:
  std::string name_;
  std::vector<std::unique_ptr<Reward>> members_;
  Combination combination_;
};

}  // namespace nudge
