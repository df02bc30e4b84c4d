#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "records/records.h"

namespace nudge {

/// One number for each completion token of each trajectory of a rollout.
using PerToken = std::vector<std::vector<float>>;

// The numbers of the chosen trajectories, laid end to end in the order in which pack_trajectories lays their
// completion tokens: fp32 [N].
at::Tensor gather(const PerToken& values, std::span<const std::int64_t> chosen);
at::Tensor gather_logprobs(std::span<const Trajectory> all, std::span<const std::int64_t> chosen);

/// Completion tokens of each chosen trajectory [B].
std::vector<std::int64_t> completion_lengths(std::span<const Trajectory> all,
                                             std::span<const std::int64_t> chosen);

}  // namespace nudge
