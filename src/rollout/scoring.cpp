#include "rollout/scoring.h"

#include <algorithm>
#include <numeric>

#include "tensor/aten.h"
#include "tensor/vocabulary_kl.h"

namespace nudge {
namespace {

std::int64_t positions_of(const Trajectory& trajectory, std::int64_t after_end_below) {
  const auto length = static_cast<std::int64_t>(trajectory.completion_tokens.size());
  return length + (length < after_end_below);
}

std::vector<PromptedSequence> sequences_of(std::span<const Trajectory> all,
                                           std::span<const std::int64_t> chosen) {
  std::vector<PromptedSequence> sequences;
  for (const std::int64_t index : chosen)
    sequences.push_back({all[index].prompt_tokens, all[index].completion_tokens});
  return sequences;
}

// Runs `forward` on micro-batches and hands each trajectory its own stretch of the result.
template <class Forward>
Ragged by_trajectory(std::span<const Trajectory> trajectories, std::int64_t token_budget, Forward forward,
                     std::int64_t after_end_below = 0) {
  at::NoGradGuard no_grad;
  std::vector<std::int64_t> everything(trajectories.size()), lengths;
  std::iota(everything.begin(), everything.end(), 0);
  for (const Trajectory& each : trajectories) lengths.push_back(positions_of(each, after_end_below));
  Ragged result = Ragged::zeros(lengths);
  for (const auto& part : trajectory_batches(trajectories, everything, token_budget)) {
    const at::Tensor values_N = forward(pack_trajectories(trajectories, part, after_end_below)).contiguous();
    const float* next = values_N.template const_data_ptr<float>();
    for (const std::int64_t index : part) {
      std::copy_n(next, lengths[index], result.row(index).begin());
      next += lengths[index];
    }
  }
  return result;
}

}  // namespace

PackedTrajectories pack_trajectories(std::span<const Trajectory> all, std::span<const std::int64_t> chosen,
                                     std::int64_t after_end_below) {
  PackedTrajectories packed{.batch = pack(sequences_of(all, chosen))};
  std::vector<std::int64_t> predicting;
  std::vector<std::int32_t> targets;
  for (std::int64_t b = 0; b < std::ssize(chosen); ++b) {
    const Trajectory& trajectory = all[chosen[b]];
    const auto prompt = std::ssize(trajectory.prompt_tokens),
               length = std::ssize(trajectory.completion_tokens);
    for (std::int64_t t = 0; t < positions_of(trajectory, after_end_below); ++t) {
      predicting.push_back(packed.batch.row(b, prompt - 1 + t));
      targets.push_back(t < length ? trajectory.completion_tokens[t] : -1);
    }
  }
  packed.predicting_N = at::tensor(predicting, at::kLong);
  packed.targets_N = at::tensor(targets, at::kInt);
  return packed;
}

std::vector<std::vector<std::int64_t>> trajectory_batches(std::span<const Trajectory> all,
                                                          std::span<const std::int64_t> chosen,
                                                          std::int64_t token_budget) {
  auto batches = micro_batches(sequences_of(all, chosen), token_budget);
  for (auto& batch : batches) {
    for (std::int64_t& index : batch) index = chosen[index];
  }
  return batches;
}

Ragged completion_logprobs(const Decoder& model, std::span<const Trajectory> trajectories, double temperature,
                           std::int64_t token_budget) {
  return by_trajectory(trajectories, token_budget, [&](const PackedTrajectories& packed) {
    return next_token_logprobs(model, packed.batch, packed.predicting_N, packed.targets_N, temperature,
                               /*entropies=*/false)
        .logprobs_N;
  });
}

Ragged completion_kl(const Decoder& policy, const Decoder& reference,
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
  return vocabulary_kl({states_ND, policy.head_weight(), policy.config().logits},
                       {reference_states_ND, reference.head_weight(), reference.config().logits},
                       temperature);
}

Ragged completion_values(const Decoder& model, std::span<const Trajectory> trajectories,
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
