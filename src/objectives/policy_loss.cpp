#include "objectives/policy_loss.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace nudge {
namespace {

void add_mean(LossSum& loss, const std::string& name, const at::Tensor& per_token) {
  loss.metrics.add(name, per_token.detach().sum(at::kDouble).item<double>(), loss.count);
}

void require_aligned(const char* what, const at::Tensor& first, const at::Tensor& second,
                     const at::Tensor& third) {
  require(first.numel() == second.numel() && first.numel() == third.numel(),
          "The {} needs aligned inputs, one entry per completion token, but got {}, {} and {} entries.", what,
          first.numel(), second.numel(), third.numel());
}

}  // namespace

LossSum clipped_policy_loss(const at::Tensor& logprobs_N, const at::Tensor& old_logprobs_N,
                            const at::Tensor& advantages_N, const Completions& completions,
                            const SurrogateOptions& options) {
  const SurrogateLoss policy = surrogate_loss(logprobs_N, old_logprobs_N, advantages_N, completions, options);
  LossSum loss{policy.per_token_N.sum(), static_cast<double>(logprobs_N.numel()), {}};
  add_mean(loss, "loss/policy_avg", policy.per_token_N);
  add_mean(loss, "policy/clipfrac_avg", policy.clipped_low_N.logical_or(policy.clipped_high_N));
  add_mean(loss, "policy/approxkl_avg", 0.5 * policy.log_ratio_N.detach().square());
  const at::Tensor ratio_N = policy.ratio_N.detach();
  add_mean(loss, "val/ratio", ratio_N);
  loss.metrics.add_variance("val/ratio_var", ratio_N.sum(at::kDouble).item<double>(),
                            ratio_N.square().sum(at::kDouble).item<double>(), loss.count);
  return loss;
}

LossSum clipped_value_loss(const at::Tensor& values, const at::Tensor& old_values, const at::Tensor& returns,
                           double cliprange_value) {
  require_aligned("value loss", values, old_values, returns);
  const auto near_old = at::clamp(values, old_values - cliprange_value, old_values + cliprange_value);
  const auto unclipped = (values - returns).square();
  const auto clipped = (near_old - returns).square();
  const auto per_token = 0.5 * at::maximum(unclipped, clipped);

  LossSum loss{per_token.sum(), static_cast<double>(values.numel()), {}};
  add_mean(loss, "loss/value_avg", per_token);
  add_mean(loss, "val/clipfrac_avg", clipped > unclipped);
  return loss;
}

}  // namespace nudge
