#include "rollout/scoring.h"

#include <numeric>

#include "tensor/vocabulary_kl.h"

namespace nudge {
namespace {

using PerToken = std::vector<std::vector<float>>;

std::int64_t positions_of(const Trajectory& trajectory, std::int64_t after_end_below) {
  const auto length = static_cast<std::int64_t>(trajectory.completion_tokens.size());
  return length + (length < after_end_below);
}

// Runs `forward` on micro-batches and hands each trajectory its own stretch of the result.
template <class Forward>
PerToken by_trajectory(std::span<const Trajectory> trajectories, std::int64_t token_budget, Forward forward,
                       std::int64_t after_end_below = 0) {
  at::NoGradGuard no_grad;
  std::vector<std::int64_t> everything(trajectories.size());
  std::iota(everything.begin(), everything.end(), 0);
  PerToken result(trajectories.size());
  for (const auto& part : trajectory_batches(trajectories, everything, token_budget)) {
    const at::Tensor values_N = forward(pack_trajectories(trajectories, part, after_end_below)).contiguous();
    const float* next = values_N.template const_data_ptr<float>();
    for (std::int64_t index : part) {
      const std::size_t length = positions_of(trajectories[index], after_end_below);
      result[index].assign(next, next + length);
      next += length;
    }
  }
  return result;
}

}  // namespace

PackedTrajectories pack_trajectories(std::span<const Trajectory> all, std::span<const std::int64_t> chosen,
                                     std::int64_t after_end_below) {
  std::vector<std::vector<std::int32_t>> sequences;
  std::vector<std::int64_t> predicting;
  std::int64_t start = 0;
  for (std::int64_t index : chosen) {
    const Trajectory& trajectory = all[index];
    std::vector<std::int32_t> sequence = trajectory.prompt_tokens;
    sequence.insert(sequence.end(), trajectory.completion_tokens.begin(), trajectory.completion_tokens.end());
    const auto prompt = static_cast<std::int64_t>(trajectory.prompt_tokens.size());
    const auto length = static_cast<std::int64_t>(trajectory.completion_tokens.size());
    const std::int64_t positions = positions_of(trajectory, after_end_below);
    for (std::int64_t t = 0; t < positions; ++t) predicting.push_back(start + prompt - 1 + t);
    start += prompt + length;
    sequences.push_back(std::move(sequence));
  }
  return {pack(sequences), at::tensor(predicting, at::kLong)};
}

std::vector<std::vector<std::int64_t>> trajectory_batches(std::span<const Trajectory> all,
                                                          std::span<const std::int64_t> chosen,
                                                          std::int64_t token_budget) {
  return micro_batches(chosen, token_budget, [&](std::int64_t index) {
    return static_cast<std::int64_t>(all[index].prompt_tokens.size() + all[index].completion_tokens.size());
  });
}

PerToken completion_logprobs(const Decoder& model, std::span<const Trajectory> trajectories,
                             double temperature, std::int64_t token_budget) {
  return by_trajectory(trajectories, token_budget, [&](const PackedTrajectories& packed) {
    return next_token_logprobs(model, packed.batch, packed.predicting_N, temperature, /*entropies=*/false)
        .logprobs_N;
  });
}

PerToken completion_kl(const Decoder& policy, const Decoder& reference,
                       std::span<const Trajectory> trajectories, double temperature,
                       std::int64_t token_budget) {
  return by_trajectory(trajectories, token_budget, [&](const PackedTrajectories& packed) {
    const auto states_ND = predicting_states(policy, packed.batch, packed.predicting_N);
    return predicted_kl(policy, states_ND, reference, packed, temperature);
  });
}

at::Tensor predicted_kl(const Decoder& policy, const at::Tensor& states_ND, const Decoder& reference,
                        const PackedTrajectories& packed, double temperature) {
  at::Tensor reference_states_ND;
  {
    at::NoGradGuard no_grad;
    reference_states_ND = predicting_states(reference, packed.batch, packed.predicting_N);
  }
  return vocabulary_kl({states_ND, policy.head_weight()}, {reference_states_ND, reference.head_weight()},
                       temperature);
}

PerToken completion_values(const Decoder& model, std::span<const Trajectory> trajectories,
                           std::int64_t token_budget, std::int64_t after_end_below) {
  return by_trajectory(
      trajectories, token_budget,
      [&](const PackedTrajectories& packed) { return predicted_values(model, packed); }, after_end_below);
}

at::Tensor predicted_values(const Decoder& model, const PackedTrajectories& packed) {
  const at::Tensor raw_N = model.token_scores(packed.batch).index_select(0, packed.predicting_N);
  const RewardHead& head = model.config().reward_heads.front();
  return (raw_N - head.mean) / head.std;
}

}  // namespace nudge
