#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rewards/reward.h"

namespace nudge {

/// One reward of a sum.
struct WeightedReward {
  std::unique_ptr<Reward> reward;
  double weight = 1;
};

/// Several rewards at once: score = sum of weight * score over the parts that could score the completion. A
/// part that gives NaN counts for nothing there; only when all parts do is the sum NaN (TRL's `nansum`). The
/// components carry the parts' own, unweighted scores under their names; the trajectory's terms are the same
/// scores in the order of the parts, each with its weight. What a part could not score is warned of, at first
/// and then each time the number has doubled.
class WeightedSum : public Reward {
 public:
  /// Throws Error without parts, or when two have one name: their components could not be told apart.
  explicit WeightedSum(std::vector<WeightedReward> parts);

  /// The names of the parts, joined by "+".
  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override;
  /// The fault of the first part that has one, behind the part's name.
  std::string objection(const Prompt& prompt) const override;
  void rehearse(const Prompt& prompt) override;

 private:
  struct Part {
    WeightedReward weighted;
    std::int64_t unscorable = 0, warn_at = 1;
  };
  std::vector<Part> parts_;
  std::string name_;
};

}  // namespace nudge
