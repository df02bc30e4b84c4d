#include "algorithms/grpo_objective.h"
#include "base/json_names.h"
#include "tensor/aten.h"
#include "verify/golden_case.h"
#include "verify/kinds.h"

namespace nudge::golden {
namespace {

// The options that a case of GRPO's family names; the others stand as they do without a leash.
GrpoOptions grpo_options(const Json& golden) {
  GrpoOptions grpo;
  const auto named = [&](const char* key, auto& value) {
    value = get_named_or(golden, key, value, "golden");
  };
  const auto number = [&](const char* key, auto& value) { value = get_or(golden, key, value, "golden"); };
  number("group_size", grpo.rollout.num_generations);
  named("baseline", grpo.advantage.baseline);
  named("scale_rewards", grpo.advantage.scale);
  named("normalize", grpo.advantage.normalize);
  named("lone_completion", grpo.advantage.lone);
  named("whitening", grpo.advantage.variance);
  number("gamma", grpo.advantage.gamma);
  grpo.leash.beta = get_or(golden, "beta", 0.0, "golden");
  named("kl_estimator", grpo.leash.kl.estimator);
  number("kl_limit", grpo.leash.kl.limit);
  number("bias_correction", grpo.leash.use_bias_correction_kl);
  named("surrogate", grpo.surrogate.surrogate);
  named("level", grpo.surrogate.level);
  grpo.surrogate.epsilon_high = optional_number(golden, "epsilon_high");
  grpo.surrogate.delta = optional_number(golden, "delta");
  named("cispo_range", grpo.surrogate.cispo_range);
  number("log_ratio_limit", grpo.surrogate.log_ratio_limit);
  named("loss_type", grpo.aggregation.loss_type);
  return grpo;
}

}  // namespace

double replay_advantages(const Json& golden) {
  GrpoOptions grpo = grpo_options(golden);
  grpo.advantage.epsilon = get<double>(golden, "epsilon", "golden");
  grpo.advantage.unscorable = Unscorable::zero;  // so the frameworks write what carries no signal
  std::vector<Trajectory> trajectories;
  for (const double reward : numbers(golden, "rewards"))
    trajectories.push_back({.ended = true, .score = reward});
  return worst(compare_completions(trajectories, {}, {}, grpo).advantages, numbers(golden, "advantages"));
}

namespace {

// A completion that each reward gave so much.
Trajectory scored(const Json& rewards, std::span<const double> weights) {
  Trajectory trajectory{.ended = true, .score = std::numeric_limits<double>::quiet_NaN()};
  for (std::size_t k = 0; k < weights.size(); ++k) {
    trajectory.terms.push_back({.score = number_or_nan(rewards.at(k)), .weight = weights[k]});
    if (const auto& [score, weight] = trajectory.terms.back(); !std::isnan(score))
      trajectory.score = (std::isnan(trajectory.score) ? 0 : trajectory.score) + weight * score;
  }
  return trajectory;
}

}  // namespace

double replay_reward_advantages(const Json& golden) {
  GrpoOptions grpo = grpo_options(golden);
  grpo.multi_objective_aggregation = MultiObjectiveAggregation::normalize_then_sum;
  grpo.advantage.scale = RewardScale::group;
  grpo.advantage.epsilon = get<double>(golden, "epsilon", "golden");
  grpo.advantage.unscorable = Unscorable::zero;
  const std::vector<double> weights = numbers(golden, "weights");
  std::vector<Trajectory> trajectories;
  for (const Json& rewards : get<Json>(golden, "rewards", "golden"))
    trajectories.push_back(scored(rewards, weights));
  const auto lengths = get<std::vector<std::int64_t>>(golden, "lengths", "golden");
  const Ragged tokens =
      token_advantages(compare_completions(trajectories, {}, {}, grpo).advantages, lengths, {}, grpo);
  std::vector<double> first;
  for (std::int64_t b = 0; b < tokens.rows(); ++b) first.push_back(tokens.row(b).front());
  return worst(first, numbers(golden, "advantages"));
}

double replay_token_advantages(const Json& golden) {
  GrpoOptions grpo = grpo_options(golden);
  grpo.leash.kl_in = KlIn::token_reward;
  grpo.advantage.normalize = AdvantageNorm::tokens;
  const Ragged kl = ragged(golden, "kl");
  return worst(token_advantages(numbers(golden, "scores"), kl.lengths(), kl, grpo),
               ragged(golden, "advantages"));
}

double replay_policy_loss(const Json& golden) {
  if (golden.contains("positive_nll_weight")) return replay_right_answers(golden);
  GrpoOptions grpo = grpo_options(golden);
  grpo.leash.kl_in = KlIn::loss;
  grpo.surrogate.epsilon = get<double>(golden, "epsilon", "golden");
  const Completions completions(get<std::vector<std::int64_t>>(golden, "lengths", "golden"));
  const at::Tensor logprobs_N = tensor(golden, "logprobs").requires_grad_();
  const LossSum loss =
      grpo_loss({.logprobs_N = logprobs_N,
                 .entropies_N = at::zeros_like(logprobs_N),
                 .old_logprobs_N = tensor(golden, "old_logprobs"),
                 .advantages_N = completions.spread(tensor(golden, "advantages")),
                 .reference_logprobs_N = tensor(golden, "reference_logprobs")},
                completions,
                {.tokens_per_completion = get_or(golden, "tokens_per_completion", 1.0, "golden"),
                 .factor = get_or(golden, "count_scale", 1.0, "golden")},
                grpo);
  loss.sum.backward();
  return std::max(deviation(loss.sum.item<double>() / loss.count, get<double>(golden, "loss", "golden")),
                  worst(logprobs_N.grad() / loss.count, numbers(golden, "gradient")));
}

}  // namespace nudge::golden
