#include "objectives/advantage.h"
#include "objectives/kl.h"
#include "objectives/policy_loss.h"
#include "objectives/replay/golden_case.h"
#include "objectives/replay/kinds.h"
#include "objectives/token_rewards.h"

namespace nudge::golden {

double replay_ppo_advantages(const Json& golden) {
  const auto logprobs = get<Rows>(golden, "logprobs", "golden"),
             reference = get<Rows>(golden, "reference_logprobs", "golden"),
             values = get<Rows>(golden, "values", "golden");
  const auto scores = numbers(golden, "scores");
  const auto after_end = get<std::vector<bool>>(golden, "after_end", "golden");
  const auto limit = get<float>(golden, "kl_limit", "golden");
  Rows advantages, returns;
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto kl = kl_per_token(KlEstimator::k1, logprobs[i], reference[i]);
    if (limit > 0)
      std::ranges::transform(kl, kl.begin(), [=](float x) { return std::clamp(x, -limit, limit); });
    const auto rewards = token_rewards(kl, get<double>(golden, "kl_coef", "golden"), scores[i], after_end[i]);
    AdvantageEstimate estimate = gae(rewards, values[i], get<double>(golden, "gamma", "golden"),
                                     get<double>(golden, "lambda", "golden"));
    estimate.advantages.resize(kl.size());
    advantages.push_back(std::move(estimate.advantages));
    returns.push_back(std::move(estimate.returns));
  }
  whiten(advantages, {.variance = parse_variance(get<std::string>(golden, "whitening", "golden"))});
  return std::max(worst(advantages, get<Rows>(golden, "advantages", "golden")),
                  worst(returns, get<Rows>(golden, "returns", "golden")));
}

double replay_gae(const Json& golden) {
  const auto rewards = get<Rows>(golden, "rewards", "golden"), values = get<Rows>(golden, "values", "golden");
  Rows advantages, returns;
  for (std::size_t i = 0; i < values.size(); ++i) {
    AdvantageEstimate estimate = gae(rewards[i], values[i], get<double>(golden, "gamma", "golden"),
                                     get<double>(golden, "lambda", "golden"));
    advantages.push_back(std::move(estimate.advantages));
    returns.push_back(std::move(estimate.returns));
  }
  return std::max(worst(advantages, get<Rows>(golden, "advantages", "golden")),
                  worst(returns, get<Rows>(golden, "returns", "golden")));
}

double replay_whiten(const Json& golden) {
  auto values = get<Rows>(golden, "values", "golden");
  whiten(values, {.shift_mean = get<bool>(golden, "shift_mean", "golden")});
  return worst(values, get<Rows>(golden, "whitened", "golden"));
}

double replay_kl(const Json& golden) {
  const auto policy = get<Rows>(golden, "policy", "golden"),
             reference = get<Rows>(golden, "reference", "golden");
  double result = 0;
  for (const char* name : {"k1", "k2", "k3"}) {
    Rows kl;
    for (std::size_t i = 0; i < policy.size(); ++i) {
      kl.push_back(kl_per_token(parse_kl_estimator(name), policy[i], reference[i]));
    }
    result = std::max(result, worst(kl, get<Rows>(golden, name, "golden")));
  }
  return result;
}

double replay_ppo_losses(const Json& golden) {
  const auto logprobs_N = tensor(golden, "logprobs").requires_grad_(),
             values_N = tensor(golden, "values").requires_grad_();
  const LossSum policy =
      clipped_policy_loss(logprobs_N, tensor(golden, "old_logprobs"), tensor(golden, "advantages"),
                          {.cliprange = get<double>(golden, "cliprange", "golden")});
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
