#pragma once

#include <cstdint>
#include <string>

#include "rewards/reward.h"
#include "training/step_loop.h"

namespace nudge {

/// What one rollout holds to learn from.
struct Lesson {
  std::int64_t completions = 0;  // sampled
  std::int64_t scored = 0;       // of them, those that the reward could score
  bool told_apart = false;  // whether the reward preferred any of them to another that it is compared with
};

/// Watches that a run against a reward has something to learn: a reward that is dead from the start ends it
/// after its first rollout, one that dies later after a few, and a run whose rewards never told two
/// completions apart ends with an error instead of a final model. Keeps a reference to the reward.
class Lessons {
 public:
  Lessons(std::string command, const Reward& reward) : command_(std::move(command)), reward_(reward) {}

  /// One rollout, before its updates. Error when nothing could be scored in the first one that this process
  /// made, or in three in a row.
  void add(const Lesson& lesson);

  /// After the last rollout. Error when no rollout of the whole run, before a resume too, told anything
  /// apart.
  void require_any() const;

  Kept kept();

 private:
  std::string command_;
  const Reward& reward_;
  std::int64_t told_apart_ = 0;  // rollouts
  std::int64_t silent_in_a_row_ = 0;
  bool ever_scored_ = false;
};

}  // namespace nudge
