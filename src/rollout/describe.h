#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/metrics.h"
#include "records/records.h"
#include "rewards/reward.h"
#include "tensor/ragged.h"
#include "training/vitals.h"

namespace nudge {

// What a rollout says, under TRL's names.

/// What every online method logs of a rollout, beside what is its own.
///   objective/scores             what the reward said, over the completions that it could score
///   objective/kl, kl_k2, kl_k3   to the reference, k1, k2 and k3, nats a completion; without a reference not
///                                logged
///   objective/entropy            -log-prob of what was sampled, nats a completion
///   completions/*                {mean,min,max}_length, those of completions that ended themselves
///                                (terminated; 0 when none did), clipped_ratio, the share cut at the limit,
///                                and distinct, as below
///   rewards/NAME/*               each part of the reward (rewards/component_metrics.h)
///   rewards/unscorable           share of the completions that it could not score
/// `sampled`: all completions. `logprobs` as sampled, and under the reference (no rows: there is none), both
/// of the completions that take part. Returns the same as a run is judged by: reward, kl, answers, distinct,
/// length.
Vitals describe_rollout(std::span<const Trajectory> sampled, const Ragged& logprobs,
                        const Ragged& reference_logprobs, Metrics& metrics);

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
