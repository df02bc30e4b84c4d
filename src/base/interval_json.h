#pragma once

#include "base/interval.h"
#include "base/json.h"

namespace nudge {

/// {"value", "low", "high"}, as the report reads intervals.
inline Json interval_json(const Interval& interval) {
  return {{"value", interval.value}, {"low", interval.low}, {"high", interval.high}};
}

}  // namespace nudge
