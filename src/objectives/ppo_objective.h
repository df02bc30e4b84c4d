#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "base/names.h"
#include "objectives/advantage.h"
#include "objectives/surrogate.h"
#include "tensor/loss_sum.h"
#include "tensor/ragged.h"

namespace nudge {

class Options;

// PPO's arithmetic as pure functions, a step of algorithms/ppo.cpp each: what a rollout aims at, and what a
// micro-batch of it costs. `nudge verify` replays golden numbers through them.

/// Estimators of the KL of each token in the reward, where only their values count (objectives/kl.h).
enum class RewardKl { k1, k2, k3 };
constexpr auto names_table(RewardKl) {
  return std::to_array<Named<RewardKl>>({{RewardKl::k1, "k1"}, {RewardKl::k2, "k2"}, {RewardKl::k3, "k3"}});
}

struct PpoObjectiveOptions {
  RewardKl kl_estimator = RewardKl::k1;
  double kl_limit = 0;   // clamp each token's estimate to this size; 0: do not
  double gamma = 1.0;    // discount per token
  double lambda = 0.95;  // of generalised advantage estimation
  /// The lambda of the returns that the value model learns; absent: the same. 1 makes them the sums of what
  /// came, which a start far off does not bias (VC-PPO, Yuan et al. 2025).
  std::optional<double> lambda_value;
  double length_adaptive_alpha = 0;  // above 0: the advantages' lambda by length_adaptive_lambda (VAPO)
  bool whiten_rewards = false;       // to unit variance; the mean stays
  bool whiten_advantages = true;
  Variance whiten_variance = Variance::unbiased;
  SurrogateOptions surrogate;  // at the level of tokens
  double cliprange_value = 0.2;
  double entropy_coef = 0;
  double positive_nll_weight =
      0;  // of the mean negative log-likelihood of right answers' tokens (VAPO, eq. 9)
};

/// Declares the section "Advantages and losses"; the estimator stands with the leash, and what programs do
/// otherwise with the conventions.
void declare_losses(Options& options, PpoObjectiveOptions& objective);

/// A rollout as it was measured, a row a completion.
struct PpoMeasurements {
  Ragged logprobs, reference_logprobs;  // of its tokens, as sampled and under the reference
  /// Of the states in which its tokens were chosen; in a row with one number more, also of the state after
  /// the end, where the score then comes (TRL).
  Ragged values;
  std::vector<double> scores_B;  // what each completion is worth as a whole
};

/// What the updates of a rollout aim at: constants, a row a completion.
struct PpoTargets {
  Ragged kl;          // of its tokens, by the estimator
  Ragged rewards;     // of its states: -kl_coef * kl, and the score at the last one
  Ragged advantages;  // of its tokens
  Ragged returns;     // of its states
};

/// The leash at every token and the score at the end of each completion, then generalised advantage
/// estimation. Error when rows that belong together differ in length.
PpoTargets ppo_targets(const PpoMeasurements& measured, double kl_coef, const PpoObjectiveOptions& options);

/// The completion tokens of a micro-batch, laid end to end [N].
struct PpoTokens {
  at::Tensor logprobs_N, entropies_N;       // of the policy as it is now, differentiable
  at::Tensor old_logprobs_N, advantages_N;  // of the rollout, constants
  at::Tensor right_N = {};  // bool: of an answer whose score is above 0; where its likelihood counts
  double right_factor = 0;  // tokens of the optimizer step over the right ones among them; 0: none is right
};

/// PPO's clipped surrogate (Schulman et al. 2017, eq. 7; objectives/surrogate.h) less the entropy bonus, per
/// token, as a sum; and the likelihood of right answers, scaled so that the step's sum over its tokens is the
/// mean over the right ones. Metrics over tokens: loss/policy_avg, the surrogate alone; loss/positive_nll;
/// policy/clipfrac_avg (share where the clip decides); policy/approxkl_avg, 0.5 (new - old)^2; val/ratio, and
/// its variance val/ratio_var; policy/entropy_avg.
LossSum ppo_policy_loss(const PpoTokens& tokens, const PpoObjectiveOptions& options);

/// Clipped value loss (as in OpenAI's baselines): 0.5 max((v - R)^2, (clip(v, old +- cliprange_value) -
/// R)^2), per state, as a sum. Inputs [N]; only `values_N` is differentiable. Metrics, means over states:
/// loss/value_avg; val/clipfrac_avg (share where the clipped error is larger).
LossSum ppo_value_loss(const at::Tensor& values_N, const at::Tensor& old_values_N,
                       const at::Tensor& returns_N, const PpoObjectiveOptions& options);

/// 1 - Var(returns - values) / Var(returns), over all states: 1 when the values foresee everything, 0 when
/// they are as good as a constant; NaN when all returns are equal and there is nothing to foresee.
double explained_variance(const Ragged& values, const Ragged& returns);

}  // namespace nudge
