#pragma once

#include <string>

#include "training/trend.h"

namespace nudge {

// Each alarm listens to a run's numbers step by step and says true once: at the step at which what it is for
// has happened, beyond what steps differ by chance.

/// Proxy and monitor part (Gao et al. 2022): over the last steps the monitor stands below the best that it
/// has stood at, and the reward above what it was then, each by more than three standard errors.
class PartingAlarm {
 public:
  bool hears(const Trend& reward, const Trend& monitor);
  double best() const { return best_; }                      // the monitor's
  double reward_at_best() const { return reward_at_best_; }  // the reward at that time

  Json json() const;
  void restore(const Json& json);

 private:
  double best_ = 0, reward_at_best_ = 0;
  bool known_ = false, rung_ = false;
};

/// Distinct answers collapse: less than half as many as at the start differ. Both ends must stand on 64
/// answers, or few would be the same by chance.
class CollapseAlarm {
 public:
  /// `answers` that each step's share is of.
  bool hears(const Trend& distinct, std::int64_t answers);

  Json json() const { return rung_; }
  void restore(const Json& json) { rung_ = json.get<bool>(); }

 private:
  bool rung_ = false;
};

/// Likelihood displacement (Razin et al. 2024): what raters liked has become less likely than the reference
/// finds it, by more than a quarter of its log-prob and three standard errors. The pairs may well be told
/// apart better meanwhile; how much better says nothing, because a fifth of wrong labels caps it.
class DisplacementAlarm {
 public:
  /// Log-probs of the chosen completions: by how much the policy's exceeds the reference's, and the
  /// reference's. Where there is none, `gap` is the policy's alone and is compared with its own beginning.
  bool hears(const Trend& gap, const Trend& reference);

  Json json() const { return rung_; }
  void restore(const Json& json) { rung_ = json.get<bool>(); }

 private:
  bool rung_ = false;
};

}  // namespace nudge
