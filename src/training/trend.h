#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"

namespace nudge {

/// A number over the steps of a run: where it began, where it stands, how much it jumps from one step to the
/// next. Holds a few values, however long the run. Steps that did not measure it (NaN) are left out.
class Trend {
 public:
  static constexpr std::int64_t kWindow = 5;  // steps that are averaged at each end

  void add(double value);

  std::int64_t count() const { return count_; }
  /// Steps averaged at each end: kWindow, or as few as keep the two ends apart.
  std::int64_t window() const;
  double from() const;  // mean over the first window() steps; NaN before any
  double to() const;    // mean over the last window() steps
  /// Standard error of the difference of two windows' means, from the jumps between neighbouring steps (von
  /// Neumann 1941), which a slow trend does not widen; infinite before there are two steps.
  double error() const;

  Json json() const;
  void restore(const Json& json);

 private:
  std::int64_t count_ = 0;
  std::vector<double> first_, last_;  // at most kWindow of each
  double squared_jumps_ = 0;
};

}  // namespace nudge
