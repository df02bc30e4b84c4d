#pragma once

#include <span>

#include "base/metrics.h"
#include "records/records.h"

namespace nudge {

/// What to log of scored completions, under TRL's names: for each component `rewards/NAME/mean` and
/// `rewards/NAME/std` (n - 1 below the line) over what could be scored, and `rewards/NAME/unscorable`, the
/// share that got NaN. A mean of nothing is NaN.
Metrics component_metrics(std::span<const Trajectory> trajectories);

}  // namespace nudge
