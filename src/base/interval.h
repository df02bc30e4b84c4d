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

}  // namespace nudge
