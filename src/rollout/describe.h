#pragma once

#include <span>

#include "base/json.h"
#include "base/metrics.h"
#include "records/records.h"
#include "rewards/reward.h"

namespace nudge {

// What a rollout says, under TRL's names.

/// completions/{mean,min,max}_length, the same of those that ended themselves (terminated; 0 when none did),
/// and clipped_ratio, the share cut at the limit.
void describe_completions(std::span<const Trajectory> trajectories, Metrics& metrics);

/// monitor/NAME: mean scores that are watched but not optimised, on the same completions.
void describe_monitors(std::span<Reward* const> monitors, std::span<const Trajectory> trajectories,
                       Metrics& metrics);

/// One line of samples/rollouts.jsonl.
Json sample_record(const Trajectory& trajectory);

}  // namespace nudge
