#pragma once

#include <memory>
#include <string>

#include "rewards/external/responder.h"
#include "rewards/reward.h"

namespace nudge {

/// A reward that asks somebody outside. What fails gets NaN; the reasons are warned of, at first and then
/// each time their number has doubled. Further numbers in the answers become components "NAME/..." of every
/// trajectory of the call, NaN where an answer has none; they weigh nothing.
class ExternalReward : public Reward {
 public:
  /// With `rehearses` it is asked once before a run.
  ExternalReward(std::string name, std::unique_ptr<Responder> responder, bool rehearses = false);
  const std::string& name() const override { return name_; }
  void score(std::span<Trajectory> trajectories) override;
  void rehearse(const Prompt& prompt) override;

 private:
  void add_components(std::span<Trajectory> trajectories, std::span<const ExternalScore> answers) const;
  void report(std::span<const ExternalScore> answers);

  std::string name_;
  std::unique_ptr<Responder> responder_;
  bool rehearses_;
  std::int64_t failures_ = 0;  // completions without a score so far
  std::int64_t warn_at_ = 1;
};

}  // namespace nudge
