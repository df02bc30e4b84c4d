#pragma once

#include <span>
#include <string>
#include <vector>

#include "records/records.h"

namespace nudge {

/// Anything that says how good completions are. Fills `score` and appends to `components` of each trajectory.
/// A completion that cannot be scored (no reference answer, a program that crashed) gets NaN, never 0.
/// `score` may be called many times with any number of trajectories; those of one call are sampled by one
/// policy. Not thread-safe unless it says so.
class Reward {
 public:
  virtual ~Reward() = default;
  /// How its component is called in metrics and logs.
  virtual const std::string& name() const = 0;
  virtual void score(std::span<Trajectory> trajectories) = 0;

  /// Why no completion of this prompt can be scored, as far as its record shows ("its answer \"yes\" is no
  /// number"); empty when it may be.
  virtual std::string objection(const Prompt&) const { return {}; }

  /// Tries itself on one prompt before a run. Error when it can never score anything: a Python function that
  /// is not there.
  virtual void rehearse(const Prompt&) {}
};

/// Writes one reward's numbers, one a trajectory, into `score` and `components`.
inline void set_scores(std::span<Trajectory> trajectories, const std::string& name,
                       std::span<const double> scores) {
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    trajectories[i].score = scores[i];
    trajectories[i].components.emplace_back(name, scores[i]);
  }
}

}  // namespace nudge
