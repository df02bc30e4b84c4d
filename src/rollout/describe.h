#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/metrics.h"
#include "records/records.h"
#include "rewards/reward.h"

namespace nudge {

// What a rollout says, under TRL's names.

/// completions/{mean,min,max}_length, the same of those that ended themselves (terminated; 0 when none did),
/// clipped_ratio, the share cut at the limit, and distinct.
void describe_completions(std::span<const Trajectory> trajectories, Metrics& metrics);

/// Share of the completions, as tokens, that differ from one another: 1 when all do, 1 / n when all are the
/// same.
double distinct_share(std::span<const Trajectory> trajectories);

/// Mean scores of rewards that watch and are not optimised, by name, over the completions that each could
/// score; NaN where that is none.
std::vector<std::pair<std::string, double>> monitored(std::span<Reward* const> monitors,
                                                      std::span<const Trajectory> trajectories);

/// One line of samples/rollouts.jsonl.
Json sample_record(const Trajectory& trajectory);

}  // namespace nudge
