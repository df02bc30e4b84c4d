#include "rollout/per_token.h"

#include <ATen/ATen.h>

namespace nudge {

at::Tensor gather(const PerToken& values, std::span<const std::int64_t> chosen) {
  std::vector<float> flat;
  for (std::int64_t index : chosen) flat.insert(flat.end(), values[index].begin(), values[index].end());
  return at::tensor(flat, at::kFloat);
}

at::Tensor gather_logprobs(std::span<const Trajectory> all, std::span<const std::int64_t> chosen) {
  std::vector<float> flat;
  for (std::int64_t index : chosen) {
    const auto& logprobs = all[index].logprobs;
    flat.insert(flat.end(), logprobs.begin(), logprobs.end());
  }
  return at::tensor(flat, at::kFloat);
}

std::vector<std::int64_t> completion_lengths(std::span<const Trajectory> all,
                                             std::span<const std::int64_t> chosen) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t index : chosen) {
    lengths.push_back(static_cast<std::int64_t>(all[index].completion_tokens.size()));
  }
  return lengths;
}

}  // namespace nudge
