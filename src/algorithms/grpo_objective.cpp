#include "algorithms/grpo_objective.h"

#include <algorithm>
#include <cmath>

#include "objectives/overlong.h"
#include "objectives/token_rewards.h"
#include "tensor/add_mean.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

double clipped(double value, const std::vector<double>& range) {
  return range.empty() || std::isnan(value) ? value : std::clamp(value, range[0], range[1]);
}

std::vector<double> shaped_rewards(std::span<const Trajectory> trajectories, const GrpoOptions& grpo) {
  std::vector<double> rewards;
  for (const Trajectory& trajectory : trajectories) rewards.push_back(shaped_reward(trajectory, grpo));
  return rewards;
}

// More than rounding leaves of equal rewards.
constexpr double kDifference = 1e-8;

// NaN does not.
bool differs(double advantage) {
  return std::abs(advantage) > kDifference;
}

// Share of the rewards that are in groups of equal ones; one alone equals no other.
double flat_share(std::span<const double> rewards, std::int64_t group_size) {
  const auto size = static_cast<std::size_t>(group_size);
  double flat = 0;
  for (std::size_t begin = 0; begin < rewards.size(); begin += size) {
    const Moments group = moments(rewards.subspan(begin, size));
    flat += group.count > 1 && group.deviation < kDifference;
  }
  return flat * static_cast<double>(size) / static_cast<double>(rewards.size());
}

// Undefined where no KL is known.
at::Tensor kl_of(const GrpoTokens& tokens, const at::Tensor& ratio_N, const LeashOptions& leash) {
  if (!tokens.exact_kl_N.defined() && !tokens.reference_logprobs_N.defined()) return {};
  const at::Tensor kl_N = tokens.exact_kl_N.defined()
                              ? tokens.exact_kl_N
                              : kl_per_token(tokens.logprobs_N, tokens.reference_logprobs_N, leash.kl);
  return leash.use_bias_correction_kl ? kl_N * ratio_N : kl_N;
}

void describe(const GrpoTokens& tokens, const SurrogateLoss& policy, const at::Tensor& kl_N,
              const Completions& completions, MetricSums& metrics) {
  if (kl_N.defined()) add_mean(metrics, "kl", kl_N);
  add_mean(metrics, "entropy", tokens.entropies_N);
  add_mean(metrics, "ratio", policy.ratio_N);
  add_mean(metrics, "clip_ratio/low_mean", policy.clipped_low_N);
  add_mean(metrics, "clip_ratio/high_mean", policy.clipped_high_N);
  add_mean(metrics, "clip_ratio/region_mean", policy.clipped_low_N.logical_or(policy.clipped_high_N));
  const auto shares_B = [&](const at::Tensor& clipped_N) {
    return completions.means(clipped_N.to(at::kFloat));
  };
  metrics.lowest("clip_ratio/low_min", shares_B(policy.clipped_low_N).min().item<double>());
  metrics.highest("clip_ratio/high_max", shares_B(policy.clipped_high_N).max().item<double>());
}

}  // namespace

double shaped_reward(const Trajectory& trajectory, const GrpoOptions& grpo) {
  double reward = penalised_score(trajectory, grpo.rollout);
  if (grpo.overlong_buffer > 0)
    reward +=
        grpo.overlong_penalty_factor * overlong_punishment(std::ssize(trajectory.completion_tokens),
                                                           grpo.rollout.max_new_tokens, grpo.overlong_buffer);
  return clipped(reward, grpo.reward_clip_range);
}

bool is_mixed(std::span<const Trajectory> group, const GrpoOptions&) {
  double low = INFINITY, high = -INFINITY;
  for (const Trajectory& trajectory : group) {
    if (std::isnan(trajectory.score)) continue;
    low = std::min(low, trajectory.score);
    high = std::max(high, trajectory.score);
  }
  return high - low > kDifference;
}

Comparison compare_completions(std::span<const Trajectory> trajectories, std::span<const Trajectory> greedy,
                               const Ragged& kl, const GrpoOptions& grpo) {
  const GroupAdvantageOptions& options = grpo.advantage;
  Comparison result{.rewards = shaped_rewards(trajectories, grpo)};
  if (const double beta = grpo.leash.beta_in(KlIn::sequence_reward); beta != 0) {
    const std::vector<double> sums = kl.sums();
    for (std::size_t i = 0; i < sums.size(); ++i) result.rewards[i] -= beta * sums[i];
  }
  result.flat_share = flat_share(result.rewards, grpo.rollout.num_generations);
  result.advantages =
      group_advantages(result.rewards, shaped_rewards(greedy, grpo), grpo.rollout.num_generations, options);
  result.told_apart = std::ranges::any_of(result.advantages, differs);
  if (options.normalize == AdvantageNorm::sequences) normalize(result.advantages, options.epsilon);
  for (double& advantage : result.advantages) {
    if (options.unscorable == Unscorable::zero && std::isnan(advantage)) advantage = 0;
    advantage = clipped(advantage, options.clip_range);
  }
  return result;
}

Ragged token_advantages(std::span<const double> advantages, std::span<const std::int64_t> lengths,
                        const Ragged& kl, const GrpoOptions& grpo) {
  const Ragged zeros = Ragged::zeros(lengths);
  const double beta = grpo.leash.beta_in(KlIn::token_reward);
  const Ragged rewards = token_rewards(beta == 0 ? zeros : kl.cut(lengths), beta, advantages);
  // Without a critic an advantage is what is still to come: GAE with values 0 and lambda 1.
  Ragged result = gae(rewards, zeros, grpo.advantage.gamma, /*lambda=*/1).advantages;
  if (grpo.advantage.normalize == AdvantageNorm::tokens)
    whiten(result, {.variance = grpo.advantage.variance});
  return result;
}

LossSum grpo_loss(const GrpoTokens& tokens, const Completions& completions, const CountScale& scale,
                  const GrpoOptions& grpo) {
  const SurrogateLoss policy = surrogate_loss(tokens.logprobs_N, tokens.old_logprobs_N, tokens.advantages_N,
                                              completions, grpo.surrogate);
  const at::Tensor kl_N = kl_of(tokens, policy.ratio_N, grpo.leash);
  at::Tensor per_token_N = policy.per_token_N;
  if (const double beta = grpo.leash.beta_in(KlIn::loss); beta != 0) per_token_N = per_token_N + beta * kl_N;
  if (grpo.entropy_coef != 0) per_token_N = per_token_N - grpo.entropy_coef * tokens.entropies_N;
  LossSum loss = aggregate(per_token_N, completions, grpo.aggregation.loss_type, scale);
  describe(tokens, policy, kl_N, completions, loss.metrics);
  return loss;
}

}  // namespace nudge
