#include "base/json_names.h"
#include "objectives/advantage.h"
#include "objectives/kl.h"
#include "objectives/ppo_objective.h"
#include "verify/golden_case.h"
#include "verify/kinds.h"

namespace nudge::golden {

double replay_ppo_advantages(const Json& golden) {
  const PpoObjectiveOptions options{
      .kl_limit = get<double>(golden, "kl_limit", "golden"),
      .gamma = get<double>(golden, "gamma", "golden"),
      .lambda = get<double>(golden, "lambda", "golden"),
      .lambda_value = optional_number(golden, "lambda_value"),
      .length_adaptive_alpha = get_or(golden, "length_adaptive_alpha", 0.0, "golden"),
      .whiten_variance = get_named<Variance>(golden, "whitening", "golden")};
  const PpoMeasurements measured{.logprobs = ragged(golden, "logprobs"),
                                 .reference_logprobs = ragged(golden, "reference_logprobs"),
                                 .values = ragged(golden, "values"),
                                 .scores_B = numbers(golden, "scores")};
  const PpoTargets targets = ppo_targets(measured, get<double>(golden, "kl_coef", "golden"), options);
  return std::max(worst(targets.advantages, ragged(golden, "advantages")),
                  worst(targets.returns, ragged(golden, "returns")));
}

double replay_gae(const Json& golden) {
  const auto [advantages, returns] =
      gae(ragged(golden, "rewards"), ragged(golden, "values"), get<double>(golden, "gamma", "golden"),
          get<double>(golden, "lambda", "golden"));
  return std::max(worst(advantages, ragged(golden, "advantages")), worst(returns, ragged(golden, "returns")));
}

double replay_whiten(const Json& golden) {
  Ragged values = ragged(golden, "values");
  whiten(values, {.shift_mean = get<bool>(golden, "shift_mean", "golden")});
  return worst(values, ragged(golden, "whitened"));
}

double replay_kl(const Json& golden) {
  const Ragged policy = ragged(golden, "policy"), reference = ragged(golden, "reference");
  double result = 0;
  for (const KlEstimator estimator : {KlEstimator::k1, KlEstimator::k2, KlEstimator::k3})
    result = std::max(result, worst(measured_kl(policy, reference, {.estimator = estimator}),
                                    ragged(golden, name_of(estimator).c_str())));
  return result;
}

double replay_ppo_losses(const Json& golden) {
  const auto logprobs_N = tensor(golden, "logprobs").requires_grad_(),
             values_N = tensor(golden, "values").requires_grad_();
  const PpoObjectiveOptions options{.surrogate = {.epsilon = get<double>(golden, "cliprange", "golden")},
                                    .cliprange_value = get<double>(golden, "cliprange_value", "golden")};
  const LossSum policy = ppo_policy_loss({.logprobs_N = logprobs_N,
                                          .entropies_N = at::zeros_like(logprobs_N),
                                          .old_logprobs_N = tensor(golden, "old_logprobs"),
                                          .advantages_N = tensor(golden, "advantages")},
                                         options);
  const LossSum value =
      ppo_value_loss(values_N, tensor(golden, "old_values"), tensor(golden, "returns"), options);
  (policy.sum + value.sum).backward();
  return std::max({deviation(policy.sum.item<double>(), get<double>(golden, "policy_sum", "golden")),
                   deviation(value.sum.item<double>(), get<double>(golden, "value_sum", "golden")),
                   worst(logprobs_N.grad(), numbers(golden, "policy_gradient")),
                   worst(values_N.grad(), numbers(golden, "value_gradient"))});
}

double replay_right_answers(const Json& golden) {
  const auto lengths = get<std::vector<std::int64_t>>(golden, "lengths", "golden");
  const Completions completions(lengths);
  const std::vector<double> scores = numbers(golden, "scores");
  double right = 0;
  for (std::size_t i = 0; i < scores.size(); ++i)
    right += scores[i] > 0 ? static_cast<double>(lengths[i]) : 0;
  const at::Tensor logprobs_N = tensor(golden, "logprobs").requires_grad_();
  const LossSum loss =
      ppo_policy_loss({.logprobs_N = logprobs_N,
                       .entropies_N = at::zeros_like(logprobs_N),
                       .old_logprobs_N = tensor(golden, "old_logprobs"),
                       .advantages_N = completions.spread(tensor(golden, "advantages")),
                       .right_N = completions.spread(at::tensor(scores, at::kDouble) > 0),
                       .right_factor = right > 0 ? static_cast<double>(completions.tokens()) / right : 0},
                      {.surrogate = {.epsilon = get<double>(golden, "epsilon", "golden"),
                                     .epsilon_high = optional_number(golden, "epsilon_high"),
                                     .delta = optional_number(golden, "delta")},
                       .positive_nll_weight = get<double>(golden, "positive_nll_weight", "golden")});
  loss.sum.backward();
  return std::max(deviation(loss.sum.item<double>() / loss.count, get<double>(golden, "loss", "golden")),
                  worst(logprobs_N.grad() / loss.count, numbers(golden, "gradient")));
}

double replay_value_loss(const Json& golden) {
  const auto values_N = tensor(golden, "values").requires_grad_();
  const at::Tensor old_N = tensor(golden, "old_values"), returns_N = tensor(golden, "returns");
  LossSum total{at::zeros({}, at::kDouble)};
  std::int64_t first = 0;
  for (const auto size : get<std::vector<std::int64_t>>(golden, "micro_batches", "golden")) {
    const auto cut = [&](const at::Tensor& x_N) { return x_N.narrow(0, first, size); };
    const LossSum part =
        ppo_value_loss(cut(values_N), cut(old_N), cut(returns_N),
                       {.cliprange_value = get<double>(golden, "cliprange_value", "golden")});
    total.sum = total.sum + part.sum;
    total.count += part.count;
    first += size;
  }
  total.sum.backward();
  return std::max(deviation(total.sum.item<double>() / total.count, get<double>(golden, "loss", "golden")),
                  worst(values_N.grad() / total.count, numbers(golden, "gradient")));
}

}  // namespace nudge::golden
