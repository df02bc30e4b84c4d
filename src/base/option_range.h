#pragma once

#include <optional>
#include <string>

namespace nudge {

/// The numbers that an option takes. No option takes one beyond `largest`, and none takes what is not a
/// number: behind such a value stands a slip, and the run would only tell much later.
struct Range {
  static constexpr double largest = 1e9;

  double low = -largest, high = largest;
  bool above_low = false, below_high = false;  // the end itself is left out
  std::optional<double> or_else;               // one value more, with a meaning of its own

  bool holds(double value) const;
  /// "0 or more", "from 0 to 1", "above 0, at most 1"; "" for any number.
  std::string text() const;
  /// As text(), with both ends where `value` lies beyond one that goes without saying.
  std::string text_for(double value) const;
};

constexpr Range any_number() {
  return {};
}
constexpr Range at_least(double low) {
  return {.low = low};
}
constexpr Range above(double low) {
  return {.low = low, .above_low = true};
}
constexpr Range between(double low, double high) {
  return {.low = low, .high = high};
}
/// A share that may be nothing, but not all.
constexpr Range from_below(double low, double high) {
  return {.low = low, .high = high, .below_high = true};
}
constexpr Range above_up_to(double low, double high) {
  return {.low = low, .high = high, .above_low = true};
}
constexpr Range or_else(Range range, double value) {
  range.or_else = value;
  return range;
}

}  // namespace nudge
