#pragma once

#include <string_view>

#include "base/error.h"

namespace nudge {

/// UsageError "--OPTION must be EXPECTED, but got VALUE." unless the value is `good`.
inline void check_option(bool good, std::string_view option, std::string_view expected, double value) {
  if (!good) throw UsageError(fmt::format("--{} must be {}, but got {}.", option, expected, value));
}

}  // namespace nudge
