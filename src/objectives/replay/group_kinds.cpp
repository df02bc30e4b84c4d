#include "base/json_names.h"
#include "objectives/advantage.h"
#include "objectives/aggregation.h"
#include "objectives/group_advantage.h"
#include "objectives/kl.h"
#include "objectives/replay/golden_case.h"
#include "objectives/replay/kinds.h"
#include "objectives/surrogate.h"
#include "objectives/token_rewards.h"

namespace nudge::golden {
namespace {

SurrogateOptions surrogate_options(const Json& golden) {
  return {
      .surrogate = get_named<Surrogate>(golden, "surrogate", "golden"),
      .level = get_named<ImportanceLevel>(golden, "level", "golden"),
      .epsilon = get<double>(golden, "epsilon", "golden"),
      .epsilon_high = optional_number(golden, "epsilon_high"),
      .delta = optional_number(golden, "delta"),
      .cispo_range = get_or(golden, "cispo_both_sides", false, "golden") ? CispoRange::both : CispoRange::cap,
      .log_ratio_limit = get_or(golden, "log_ratio_limit", 0.0, "golden")};
}

}  // namespace

double replay_advantages(const Json& golden) {
  std::vector<double> advantages =
      group_advantages(numbers(golden, "rewards"), {}, get<std::int64_t>(golden, "group_size", "golden"),
                       {.baseline = get_named<Baseline>(golden, "baseline", "golden"),
                        .scale = get_named<RewardScale>(golden, "scale_rewards", "golden"),
                        .epsilon = get<double>(golden, "epsilon", "golden"),
                        .lone = get_or(golden, "lone_keeps_reward", false, "golden") ? LoneCompletion::reward
                                                                                     : LoneCompletion::none});
  if (get_or(golden, "normalize", std::string("none"), "golden") == "sequences") {
    normalize(advantages, get<double>(golden, "epsilon", "golden"));
  }
  for (double& advantage : advantages) {
    if (std::isnan(advantage)) advantage = 0;  // what carries no signal, the frameworks write as 0
  }
  return worst(advantages, numbers(golden, "advantages"));
}

double replay_token_advantages(const Json& golden) {
  const Ragged rewards =
      token_rewards(ragged(golden, "kl"), get<double>(golden, "beta", "golden"), numbers(golden, "scores"));
  Ragged advantages =
      gae(rewards, Ragged::zeros(rewards.lengths()), get<double>(golden, "gamma", "golden"), 1).advantages;
  whiten(advantages, {.variance = get_named<Variance>(golden, "whitening", "golden")});
  return worst(advantages, ragged(golden, "advantages"));
}

double replay_policy_loss(const Json& golden) {
  const Completions completions(get<std::vector<std::int64_t>>(golden, "lengths", "golden"));
  const auto logprobs_N = tensor(golden, "logprobs").requires_grad_();
  const auto advantages_N = completions.spread(tensor(golden, "advantages"));
  const SurrogateLoss policy = surrogate_loss(logprobs_N, tensor(golden, "old_logprobs"), advantages_N,
                                              completions, surrogate_options(golden));
  at::Tensor per_token_N = policy.per_token_N;
  if (const double beta = get<double>(golden, "beta", "golden"); beta != 0) {
    const KlOptions options{.estimator = get_named<KlEstimator>(golden, "kl_estimator", "golden"),
                            .limit = get_or(golden, "kl_limit", 0.0, "golden")};
    auto kl_N = kl_per_token(logprobs_N, tensor(golden, "reference_logprobs"), options);
    if (get_or(golden, "bias_correction", false, "golden")) kl_N = kl_N * policy.ratio_N;
    per_token_N = per_token_N + beta * kl_N;
  }
  const LossSum loss =
      aggregate(per_token_N, completions, get_named<LossType>(golden, "loss_type", "golden"),
                {.tokens_per_completion = get_or(golden, "tokens_per_completion", 1.0, "golden"),
                 .factor = get_or(golden, "count_scale", 1.0, "golden")});
  loss.sum.backward();
  return std::max(deviation(loss.sum.item<double>() / loss.count, get<double>(golden, "loss", "golden")),
                  worst(logprobs_N.grad() / loss.count, numbers(golden, "gradient")));
}

}  // namespace nudge::golden
