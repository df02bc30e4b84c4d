#pragma once

#include <memory>
#include <string>

#include "rewards/reward.h"

namespace nudge {

/// Scores by another reward only what follows the last `delimiter`, the end of the reasoning. Without it the
/// reasoning is incomplete and the score 0 (TRL's `reasoning_accuracy_reward`).
class FinalAnswer : public Reward {
 public:
  FinalAnswer(std::string name, std::unique_ptr<Reward> answer, std::string delimiter = "</think>");
  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override;
  std::string objection(const Prompt& prompt) const override { return answer_->objection(prompt); }
  void rehearse(const Prompt& prompt) override { answer_->rehearse(prompt); }

 private:
  std::string name_;
  std::unique_ptr<Reward> answer_;
  std::string delimiter_;
};

}  // namespace nudge
