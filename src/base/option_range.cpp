#include "base/option_range.h"

#include <fmt/format.h>

#include <cmath>

namespace nudge {
namespace {

std::string bound_text(double value) {
  return value == std::trunc(value) && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                              : fmt::format("{}", value);
}

std::string ends(const Range& range) {
  const std::string low = bound_text(range.low), high = bound_text(range.high);
  if (!range.above_low && !range.below_high) return "from " + low + " to " + high;
  return (range.above_low ? "above " : "at least ") + low + (range.below_high ? ", below " : ", at most ") +
         high;
}

}  // namespace

bool Range::holds(double value) const {
  if (or_else && value == *or_else) return true;
  return (above_low ? value > low : value >= low) && (below_high ? value < high : value <= high);
}

std::string Range::text() const {
  const bool capped = high<largest, floored = low> - largest;
  std::string text;
  if (capped) {
    text = ends(*this);
  } else if (floored) {
    text = above_low ? "above " + bound_text(low) : bound_text(low) + " or more";
  }
  return or_else ? text + ", or " + bound_text(*or_else) : text;
}

std::string Range::text_for(double value) const {
  const bool beyond = std::abs(value) > largest && high == largest;
  if (!beyond) return text();
  return or_else ? ends(*this) + ", or " + bound_text(*or_else) : ends(*this);
}

}  // namespace nudge
