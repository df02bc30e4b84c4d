#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "records/records.h"
#include "tensor/ragged.h"

namespace nudge {

/// Tokens of each completion [B].
std::vector<std::int64_t> completion_lengths(std::span<const Trajectory> trajectories);

/// The log-probs with which the completions' tokens were sampled, a row a trajectory.
Ragged sampled_logprobs(std::span<const Trajectory> trajectories);

}  // namespace nudge
