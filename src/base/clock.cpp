#include "base/clock.h"

#include <fmt/chrono.h>

#include <chrono>
#include <cmath>

namespace nudge {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string utc_time(double seconds_since_1970) {
  const double whole = std::floor(seconds_since_1970);
  const auto milliseconds = static_cast<int>((seconds_since_1970 - whole) * 1000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(whole)),
                     milliseconds);
}

std::string time_now() {
  return utc_time(seconds_now());
}

}  // namespace nudge
