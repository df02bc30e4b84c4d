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

double overlong(const Trajectory& trajectory, const GrpoOptions& grpo) {
  return grpo.overlong_penalty_factor * overlong_punishment(std::ssize(trajectory.completion_tokens),
                                                            grpo.rollout.max_new_tokens,
                                                            grpo.overlong_buffer);
}

// A number of each completion that is compared within groups, and what it weighs beside others.
struct Column {
  std::vector<double> values;
  double weight = 1;
};

// The score, or each reward that it is the sum of and that weighs something; as given, not shaped.
std::vector<Column> score_columns(std::span<const Trajectory> trajectories, const GrpoOptions& grpo) {
  std::vector<Column> columns;
  for (const Trajectory& trajectory : trajectories) {
    const bool whole = !grpo.each_reward_alone() || trajectory.terms.empty();
    const auto terms = whole ? std::vector<ScoreTerm>{{.score = trajectory.score}} : trajectory.terms;
    columns.resize(terms.size());
    for (std::size_t k = 0; k < terms.size(); ++k) {
      columns[k].values.push_back(terms[k].score);
      columns[k].weight = terms[k].weight;
    }
  }
  std::erase_if(columns, [](const Column& column) { return column.weight == 0; });
  return columns;
}

// What shapes a reward; NaN where there is none.
Column shaping_column(std::span<const Trajectory> trajectories, const GrpoOptions& grpo) {
  Column column;
  for (const Trajectory& each : trajectories) {
    double shaping = each.ended ? 0 : -grpo.rollout.missing_eos_penalty.value_or(0);
    if (grpo.overlong_buffer > 0) shaping += overlong(each, grpo);
    column.values.push_back(std::isnan(each.score) ? each.score : shaping);
  }
  return column;
}

// The rewards, or each that they are made of. What shapes them is part of none, so it is one more, of
// weight 1.
std::vector<Column> compared_columns(std::span<const Trajectory> trajectories,
                                     const std::vector<double>& rewards, const GrpoOptions& grpo) {
  if (!grpo.each_reward_alone()) return {{.values = rewards}};
  std::vector<Column> columns = score_columns(trajectories, grpo);
  columns.push_back(shaping_column(trajectories, grpo));
  return columns;
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

bool varies(const Column& column) {
  double low = INFINITY, high = -INFINITY;
  for (const double value : column.values) {
    if (std::isnan(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return high - low > kDifference;
}

// Whether some column has equal numbers in the group, and none has different ones; one number alone is
// neither.
bool is_flat(std::span<const Column> columns, std::size_t begin, std::size_t size) {
  bool equal = false;
  for (const Column& column : columns) {
    const Moments group = moments(std::span(column.values).subspan(begin, size));
    if (group.count < 2) continue;
    if (!(group.deviation < kDifference)) return false;
    equal = true;
  }
  return equal;
}

// Share of the completions that are in flat groups.
double flat_share(std::span<const Column> columns, std::int64_t group_size) {
  const std::size_t size = group_size, completions = columns.front().values.size();
  double flat = 0;
  for (std::size_t begin = 0; begin < completions; begin += size) flat += is_flat(columns, begin, size);
  return flat * static_cast<double>(size) / static_cast<double>(completions);
}

// GDPO: what cannot be compared counts 0, and what no reward could score stays NaN (TRL).
std::vector<double> summed_advantages(std::span<const Column> columns, std::span<const double> rewards,
                                      const GrpoOptions& grpo) {
  std::vector<double> sums(rewards.size());
  for (const Column& column : columns) {
    const auto advantages = group_advantages(column.values, {}, grpo.rollout.num_generations, grpo.advantage);
    for (std::size_t i = 0; i < sums.size(); ++i)
      if (!std::isnan(advantages[i])) sums[i] += column.weight * advantages[i];
  }
  for (std::size_t i = 0; i < sums.size(); ++i)
    if (std::isnan(rewards[i])) sums[i] = rewards[i];
  return sums;
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
  if (grpo.overlong_buffer > 0) reward += overlong(trajectory, grpo);
  return clipped(reward, grpo.reward_clip_range);
}

bool is_mixed(std::span<const Trajectory> group, const GrpoOptions& grpo) {
  return std::ranges::any_of(score_columns(group, grpo), varies);
}

Comparison compare_completions(std::span<const Trajectory> trajectories, std::span<const Trajectory> greedy,
                               const Ragged& kl, const GrpoOptions& grpo) {
  const GroupAdvantageOptions& options = grpo.advantage;
  Comparison result{.rewards = shaped_rewards(trajectories, grpo)};
  if (const double beta = grpo.leash.beta_in(KlIn::sequence_reward); beta != 0) {
    const std::vector<double> sums = kl.sums();
    for (std::size_t i = 0; i < sums.size(); ++i) result.rewards[i] -= beta * sums[i];
  }
  const std::vector<Column> columns = compared_columns(trajectories, result.rewards, grpo);
  result.flat_share = flat_share(columns, grpo.rollout.num_generations);
  result.advantages = grpo.each_reward_alone()
                          ? summed_advantages(columns, result.rewards, grpo)
                          : group_advantages(result.rewards, shaped_rewards(greedy, grpo),
                                             grpo.rollout.num_generations, options);
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
