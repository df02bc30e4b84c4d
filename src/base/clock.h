#pragma once

#include <string>

namespace nudge {

/// Seconds since 1970.
double seconds_now();

/// A moment in UTC, as files hold it: "2026-01-31T23:59:59.123Z".
std::string utc_time(double seconds_since_1970);

/// The present moment, as utc_time writes it.
std::string time_now();

}  // namespace nudge
