#pragma once

#include <exception>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "base/excerpt.h"
#include "base/progress.h"
#include "rewards/reward.h"

namespace nudge {

/// A reward from a C++ function of one trajectory (verifiers, the world's gold judge). Where it throws, for a
/// malformed record say, that completion alone cannot be scored; the reason is warned of with the prompt, at
/// first and then each time the number of such completions has doubled.
class FunctionReward : public Reward {
 public:
  using Function = std::function<double(const Trajectory&)>;
  using Objection = std::function<std::string(const Prompt&)>;
  FunctionReward(std::string name, Function function, Objection objection = {})
      : name_(std::move(name)), function_(std::move(function)), objection_(std::move(objection)) {}

  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override {
    for (Trajectory& trajectory : trajectories) {
      trajectory.score = score_of(trajectory);
      trajectory.components.emplace_back(name_, trajectory.score);
    }
  }
  std::string objection(const Prompt& prompt) const override {
    return objection_ ? objection_(prompt) : std::string();
  }

 private:
  double score_of(const Trajectory& trajectory) {
    try {
      return function_(trajectory);
    } catch (const std::exception& error) {
      if (++failures_ >= warn_at_) {
        warn_at_ = 2 * failures_;
        warn("the reward " + name_ + " cannot score the prompt \"" + excerpt(trajectory.prompt.question()) +
             "\": " + error.what());
      }
      return std::numeric_limits<double>::quiet_NaN();
    }
  }

  std::string name_;
  Function function_;
  Objection objection_;
  std::int64_t failures_ = 0, warn_at_ = 1;
};

}  // namespace nudge
