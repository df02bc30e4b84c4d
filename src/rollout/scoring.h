#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/decoder.h"
#include "records/records.h"
#include "tensor/ragged.h"

namespace nudge {

/// Trajectories laid end to end for a forward pass, a prompt that several have only once, and where their
/// completion tokens are predicted: for each completion token of each trajectory, in the order given,
/// `predicting_N` holds the position just before it. Values and log-probs of that token are read there.
struct PackedTrajectories {
  PackedBatch batch;
  at::Tensor predicting_N;  // int64
  at::Tensor targets_N;     // int32: the completion tokens
};
/// Completions of less than `after_end_below` tokens get one position more, the last token's own: the state
/// after their end, where nothing is predicted (the target is -1) but a value can be read.
PackedTrajectories pack_trajectories(std::span<const Trajectory> all, std::span<const std::int64_t> chosen,
                                     std::int64_t after_end_below = 0);

/// Micro-batches of trajectory indices by token budget; those of one prompt stay together where they fit.
std::vector<std::vector<std::int64_t>> trajectory_batches(std::span<const Trajectory> all,
                                                          std::span<const std::int64_t> chosen,
                                                          std::int64_t token_budget);

/// Log-probabilities of every completion token under `model`, at a temperature, without gradients; a row a
/// trajectory.
Ragged completion_logprobs(const Decoder& model, std::span<const Trajectory> trajectories, double temperature,
                           std::int64_t token_budget);

/// KL(policy || reference) over the whole vocabulary at every completion token, without gradients.
Ragged completion_kl(const Decoder& policy, const Decoder& reference,
                     std::span<const Trajectory> trajectories, double temperature, std::int64_t token_budget);

/// The same for one packed batch [N], differentiable in the policy, whose states (predicting_states)
/// are given.
at::Tensor predicted_kl(const Decoder& policy, const at::Tensor& states_ND, const Decoder& reference,
                        const PackedTrajectories& packed, double temperature);

/// Values of the states in which each completion token was chosen, in the units of the normalised reward,
/// without gradients.
Ragged completion_values(const Decoder& model, std::span<const Trajectory> trajectories,
                         std::int64_t token_budget, std::int64_t after_end_below = 0);

/// The same values for one packed batch [N], differentiable.
at::Tensor predicted_values(const Decoder& model, const PackedTrajectories& packed);

}  // namespace nudge
