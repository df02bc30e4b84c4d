#pragma once

#include <cstdint>
#include <span>

namespace nudge {

/// A number with its 95 % interval.
struct Interval {
  double value = 0, low = 0, high = 0;
};

/// Mean with a normal interval from the standard error (n >= 30 assumed).
Interval mean_interval(std::span<const double> values);
/// Share of successes with Wilson's interval.
Interval wilson_interval(double successes, std::int64_t n);

/// Successes and trials of a yes-or-no question.
struct Share {
  double successes = 0;
  std::int64_t trials = 0;

  void count(bool success);
  /// Whether the choice fell on the higher of two numbers; equal numbers ask nothing.
  void count_better(bool chose_first, double first, double second);
  Interval interval() const { return wilson_interval(successes, trials); }
};

}  // namespace nudge
