#include "objectives/advantage.h"
#include "objectives/kl.h"
#include "objectives/policy_loss.h"
#include "objectives/replay/golden_case.h"
#include "objectives/replay/kinds.h"
#include "objectives/token_rewards.h"

namespace nudge::golden {

double replay_ppo_advantages(const Json& golden) {
  const Ragged kl =
      measured_kl(ragged(golden, "logprobs"), ragged(golden, "reference_logprobs"),
                  {.estimator = KlEstimator::k1, .limit = get<double>(golden, "kl_limit", "golden")});
  const Ragged rewards =
      token_rewards(kl, get<double>(golden, "kl_coef", "golden"), numbers(golden, "scores"),
                    get<std::vector<bool>>(golden, "after_end", "golden"));
  const AdvantageEstimate estimate =
      gae(rewards, ragged(golden, "values"), get<double>(golden, "gamma", "golden"),
          get<double>(golden, "lambda", "golden"));
  Ragged advantages = estimate.advantages.cut(kl.lengths());
  whiten(advantages,
         {.variance = value_of<Variance>(get<std::string>(golden, "whitening", "golden"), "The variance")});
  return std::max(worst(advantages, ragged(golden, "advantages")),
                  worst(estimate.returns, ragged(golden, "returns")));
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
  for (const char* name : {"k1", "k2", "k3"})
    result = std::max(result, worst(measured_kl(policy, reference, parse_kl(name)), ragged(golden, name)));
  return result;
}

double replay_ppo_losses(const Json& golden) {
  const auto logprobs_N = tensor(golden, "logprobs").requires_grad_(),
             values_N = tensor(golden, "values").requires_grad_();
  const LossSum policy =
      clipped_policy_loss(logprobs_N, tensor(golden, "old_logprobs"), tensor(golden, "advantages"),
                          Completions(std::vector<std::int64_t>{logprobs_N.numel()}),
                          {.epsilon = get<double>(golden, "cliprange", "golden")});
  const LossSum value = clipped_value_loss(values_N, tensor(golden, "old_values"), tensor(golden, "returns"),
                                           get<double>(golden, "cliprange_value", "golden"));
  (policy.sum + value.sum).backward();
  return std::max({deviation(policy.sum.item<double>(), get<double>(golden, "policy_sum", "golden")),
                   deviation(value.sum.item<double>(), get<double>(golden, "value_sum", "golden")),
                   worst(logprobs_N.grad(), numbers(golden, "policy_gradient")),
                   worst(values_N.grad(), numbers(golden, "value_gradient"))});
}

double replay_value_loss(const Json& golden) {
  const auto values_N = tensor(golden, "values").requires_grad_();
  const at::Tensor old_N = tensor(golden, "old_values"), returns_N = tensor(golden, "returns");
  LossSum total{at::zeros({}, at::kDouble)};
  std::int64_t first = 0;
  for (const auto size : get<std::vector<std::int64_t>>(golden, "micro_batches", "golden")) {
    const auto cut = [&](const at::Tensor& x_N) { return x_N.narrow(0, first, size); };
    const LossSum part = clipped_value_loss(cut(values_N), cut(old_N), cut(returns_N),
                                            get<double>(golden, "cliprange_value", "golden"));
    total.sum = total.sum + part.sum;
    total.count += part.count;
    first += size;
  }
  total.sum.backward();
  return std::max(deviation(total.sum.item<double>() / total.count, get<double>(golden, "loss", "golden")),
                  worst(values_N.grad() / total.count, numbers(golden, "gradient")));
}

}  // namespace nudge::golden
