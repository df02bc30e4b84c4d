// The numbers in brackets are the points of docs/ppo.md.
#include "objectives/ppo_objective.h"

#include <limits>

#include "base/error.h"
#include "base/options.h"
#include "objectives/kl.h"
#include "objectives/token_rewards.h"
#include "tensor/add_mean.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

KlOptions kl_in_reward(const PpoObjectiveOptions& options) {
  switch (options.kl_estimator) {
    case RewardKl::k1:
      return {.estimator = KlEstimator::k1, .limit = options.kl_limit};
    case RewardKl::k2:
      return {.estimator = KlEstimator::k2, .limit = options.kl_limit};
    case RewardKl::k3:
      return {.estimator = KlEstimator::k3, .limit = options.kl_limit};
  }
  fail("unknown KL estimator");
}

// [5] Which completions have a state, and with it a value, after their end.
std::vector<bool> after_end(const PpoMeasurements& measured) {
  std::vector<bool> result;
  for (std::int64_t b = 0; b < measured.values.rows(); ++b)
    result.push_back(measured.values.length(b) > measured.logprobs.length(b));
  return result;
}

// The policy's, by completion (VAPO), or the one of all.
std::vector<double> policy_lambdas(const PpoMeasurements& measured, const PpoObjectiveOptions& options) {
  std::vector<double> lambdas(measured.logprobs.rows(), options.lambda);
  if (options.length_adaptive_alpha > 0)
    for (std::int64_t b = 0; b < measured.logprobs.rows(); ++b)
      lambdas[b] = length_adaptive_lambda(measured.logprobs.length(b), options.length_adaptive_alpha);
  return lambdas;
}

}  // namespace

void declare_losses(Options& options, PpoObjectiveOptions& objective) {
  options.section("Advantages and losses");
  options.add("gamma", objective.gamma, "Discount per token.").within(between(0, 1));
  options.add("lam", objective.lambda, "Lambda of generalised advantage estimation.").within(between(0, 1));
  options
      .add("lam_value", objective.lambda_value,
           "Lambda of the value model's returns (VC-PPO: 1); absent: lam.")
      .within(between(0, 1));
  options
      .add("length_adaptive_alpha", objective.length_adaptive_alpha,
           "Lambda of the advantages by length, 1 - 1 / (alpha tokens), and 0 up to 1 / alpha tokens (VAPO: "
           "0.05, for thousands of tokens; 20 / length is lam 0.95); 0: lam.")
      .within(at_least(0));
  options
      .add("positive_nll_weight", objective.positive_nll_weight,
           "Weight of the likelihood of answers that score above 0 (VAPO: 0.1, with a verifier's scores).")
      .within(at_least(0));
  options.add("whiten_rewards", objective.whiten_rewards,
              "Scale token rewards to unit variance (the mean stays).");
  options.add("whiten_advantages", objective.whiten_advantages,
              "Advantages to mean 0, variance 1 over the rollout.");
  options.add("cliprange", objective.surrogate.epsilon, "Clip range of the probability ratio.")
      .within(at_least(0));
  options
      .add("cliprange_value", objective.cliprange_value, "Clip range of the value around its rollout value.")
      .within(at_least(0));
  options.add("entropy_coef", objective.entropy_coef, "Weight of an entropy bonus.").within(at_least(0));
}

PpoTargets ppo_targets(const PpoMeasurements& measured, double kl_coef, const PpoObjectiveOptions& options) {
  PpoTargets targets;
  targets.kl = measured_kl(measured.logprobs, measured.reference_logprobs, kl_in_reward(options));
  targets.rewards = token_rewards(targets.kl, kl_coef, measured.scores_B, after_end(measured));  // [6, 8]
  if (options.whiten_rewards)
    whiten(targets.rewards, {.shift_mean = false, .variance = options.whiten_variance});  // [10]

  const AdvantageEstimate estimate =
      gae(targets.rewards, measured.values, options.gamma, policy_lambdas(measured, options));  // [11]
  targets.advantages = estimate.advantages.cut(measured.logprobs.lengths());  // none after the end
  targets.returns =
      gae(targets.rewards, measured.values, options.gamma, options.lambda_value.value_or(options.lambda))
          .returns;
  if (options.whiten_advantages)
    whiten(targets.advantages, {.variance = options.whiten_variance});  // [12] after the returns were taken
  return targets;
}

LossSum ppo_policy_loss(const PpoTokens& tokens, const PpoObjectiveOptions& options) {
  const at::Tensor& now_N = tokens.logprobs_N;
  // All tokens as one completion: at the level of tokens it makes no difference.
  const Completions one(std::vector<std::int64_t>{now_N.numel()});
  const SurrogateLoss policy =
      surrogate_loss(now_N, tokens.old_logprobs_N, tokens.advantages_N, one, options.surrogate);
  LossSum loss{policy.per_token_N.sum(), static_cast<double>(now_N.numel()), {}};
  if (options.entropy_coef != 0) loss.sum = loss.sum - options.entropy_coef * tokens.entropies_N.sum();

  if (tokens.right_factor > 0) {
    const at::Tensor nll_N = -now_N.masked_select(tokens.right_N);
    loss.sum = loss.sum + options.positive_nll_weight * tokens.right_factor * nll_N.sum();
    add_mean(loss.metrics, "loss/positive_nll", nll_N);
  }

  add_mean(loss.metrics, "loss/policy_avg", policy.per_token_N);
  add_mean(loss.metrics, "policy/clipfrac_avg", policy.clipped_low_N.logical_or(policy.clipped_high_N));
  add_mean(loss.metrics, "policy/approxkl_avg", 0.5 * policy.log_ratio_N.detach().square());
  const at::Tensor ratio_N = policy.ratio_N.detach();
  add_mean(loss.metrics, "val/ratio", ratio_N);
  loss.metrics.add_variance("val/ratio_var", ratio_N.sum(at::kDouble).item<double>(),
                            ratio_N.square().sum(at::kDouble).item<double>(), loss.count);
  add_mean(loss.metrics, "policy/entropy_avg", tokens.entropies_N);
  return loss;
}

LossSum ppo_value_loss(const at::Tensor& values_N, const at::Tensor& old_values_N,
                       const at::Tensor& returns_N, const PpoObjectiveOptions& options) {
  require(values_N.numel() == old_values_N.numel() && values_N.numel() == returns_N.numel(),
          "The value loss needs aligned inputs, one entry per state, but got {}, {} and {} entries.",
          values_N.numel(), old_values_N.numel(), returns_N.numel());
  const double range = options.cliprange_value;
  const at::Tensor near_old_N = at::clamp(values_N, old_values_N - range, old_values_N + range),
                   unclipped_N = (values_N - returns_N).square(),
                   clipped_N = (near_old_N - returns_N).square(),
                   per_state_N = 0.5 * at::maximum(unclipped_N, clipped_N);

  LossSum loss{per_state_N.sum(), static_cast<double>(values_N.numel()), {}};
  add_mean(loss.metrics, "loss/value_avg", per_state_N);
  add_mean(loss.metrics, "val/clipfrac_avg", clipped_N > unclipped_N);
  return loss;
}

double explained_variance(const Ragged& values, const Ragged& returns) {
  double n = 0, sum = 0, squares = 0, residuals = 0, residuals_squared = 0;
  for (std::int64_t t = 0; t < returns.numbers(); ++t) {
    const double target = returns.flat()[t], residual = target - values.flat()[t];
    n += 1, sum += target, squares += target * target;
    residuals += residual, residuals_squared += residual * residual;
  }
  const double variance = squares / n - (sum / n) * (sum / n);
  if (!(variance > 1e-12 * squares / n)) return std::numeric_limits<double>::quiet_NaN();
  return 1 - (residuals_squared / n - (residuals / n) * (residuals / n)) / variance;
}

}  // namespace nudge
