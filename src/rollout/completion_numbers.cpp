#include "rollout/completion_numbers.h"

#include <algorithm>

namespace nudge {

std::vector<std::int64_t> completion_lengths(std::span<const Trajectory> trajectories) {
  std::vector<std::int64_t> lengths;
  for (const Trajectory& each : trajectories) lengths.push_back(std::ssize(each.completion_tokens));
  return lengths;
}

Ragged sampled_logprobs(std::span<const Trajectory> trajectories) {
  Ragged result = Ragged::zeros(completion_lengths(trajectories));
  for (std::int64_t i = 0; i < result.rows(); ++i)
    std::ranges::copy(trajectories[i].logprobs, result.row(i).begin());
  return result;
}

}  // namespace nudge
