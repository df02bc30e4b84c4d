#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace nudge {

/// UsageError "--OPTION must be EXPECTED, but got VALUE." unless the value is `good`.
inline void check_option(bool good, std::string_view option, std::string_view expected, double value) {
  if (!good) throw UsageError(fmt::format("--{} must be {}, but got {}.", option, expected, value));
}

inline void check_at_least_one(std::int64_t value, std::string_view option) {
  check_option(value >= 1, option, "at least 1", static_cast<double>(value));
}

}  // namespace nudge
