#pragma once

#include <span>
#include <string>
#include <vector>

#include "records/records.h"

namespace nudge {

/// Anything that says how good completions are. Fills `score` and appends to `components` of each trajectory.
/// A completion that cannot be scored gets NaN, never 0. Not thread-safe unless it says so.
class Reward {
 public:
  virtual ~Reward() = default;
  virtual const std::string& name() const = 0;
  virtual void score(std::span<Trajectory> trajectories) = 0;
};

}  // namespace nudge
