#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "algorithms/grpo_options.h"
#include "objectives/completions.h"
#include "records/records.h"
#include "tensor/loss_sum.h"
#include "tensor/ragged.h"

// The arithmetic of GRPO and its relatives, apart from models and sampling: grpo.cpp trains by it, and
// `nudge verify` replays the numbers of other programs with it.
namespace nudge {

/// What a completion is worth as a whole: its score less what it pays for not ending and for its length, and
/// clipped. NaN: it could not be scored.
double shaped_reward(const Trajectory& trajectory, const GrpoOptions& grpo);

/// Whether the scores tell two completions of a group apart: dynamic sampling keeps no other groups.
bool is_mixed(std::span<const Trajectory> group, const GrpoOptions& grpo);

/// What the completions of a rollout are worth beside each other.
struct Comparison {
  std::vector<double> rewards;     // as shaped, less the KL where it is in them; NaN: unscorable
  std::vector<double> advantages;  // NaN: the completion takes no part
  bool told_apart = false;         // whether any reward differs from what it was compared with
  double flat_share = 0;           // of the completions: those in groups of equal rewards
};
/// Completions of a rollout, those of one prompt side by side: scores to rewards, compared within their
/// groups, normalised over the rollout, what has none put to 0 or left NaN, clipped. `greedy`: one a group
/// where the baseline is greedy; `kl`: at each token, no rows where no KL is known.
Comparison compare_completions(std::span<const Trajectory> trajectories, std::span<const Trajectory> greedy,
                               const Ragged& kl, const GrpoOptions& grpo);

/// What each token of these completions is worth: its completion's advantage and the leash that is still to
/// come. `lengths`: tokens of each completion, 0 of those that take no part; `kl`: at each token, no rows
/// where no KL is known.
Ragged token_advantages(std::span<const double> advantages, std::span<const std::int64_t> lengths,
                        const Ragged& kl, const GrpoOptions& grpo);

/// Numbers of the N completion tokens of a micro-batch.
struct GrpoTokens {
  at::Tensor logprobs_N, entropies_N;       // of the policy now, differentiable
  at::Tensor old_logprobs_N, advantages_N;  // of the rollout
  at::Tensor reference_logprobs_N;          // undefined without a reference
  at::Tensor exact_kl_N;                    // for KlEstimator::exact only, differentiable
};

/// Surrogate, KL and entropy, averaged. Metrics, means over tokens: kl, entropy, ratio, clip_ratio/low_mean,
/// high_mean and region_mean (either); clip_ratio/low_min and high_max, of completions.
LossSum grpo_loss(const GrpoTokens& tokens, const Completions& completions, const CountScale& scale,
                  const GrpoOptions& grpo);

}  // namespace nudge
