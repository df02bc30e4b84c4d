#pragma once

#include <cstdint>
#include <memory>

#include "rewards/reward.h"
#include "rewards/reward_spec.h"

namespace nudge {

/// How CosineScaled values short and long completions; names and defaults are TRL's.
struct CosineScale {
  std::int64_t max_len = 0;  // tokens at which the scale ends; must be set
  double min_value_wrong = -1, max_value_wrong = -0.5;
  double min_value_correct = 0.5, max_value_correct = 1;
};
void declare(SpecReader& spec, CosineScale& scale);

/// Correctness scaled by length along half a cosine (arXiv 2502.03373's schedule as in TRL's
/// `get_cosine_scaled_reward`): a correct completion falls from max_value_correct at no tokens to
/// min_value_correct at max_len, a wrong one rises from min_value_wrong to max_value_wrong. Correct is what
/// `correctness` scores above 0; what it cannot score stays NaN.
class CosineScaled : public Reward {
 public:
  CosineScaled(std::string name, std::unique_ptr<Reward> correctness, CosineScale scale);
  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override;
  std::string objection(const Prompt& prompt) const override { return correctness_->objection(prompt); }
  void rehearse(const Prompt& prompt) override { correctness_->rehearse(prompt); }

 private:
  std::string name_;
  std::unique_ptr<Reward> correctness_;
  CosineScale scale_;
};

}  // namespace nudge
