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

LossSum clipped_policy_loss(const at::Tensor& logprobs, const at::Tensor& old_logprobs,
                            const at::Tensor& advantages, const PolicyClip& clip) {
  require_aligned("policy loss", logprobs, old_logprobs, advantages);
  auto log_ratio = logprobs - old_logprobs;
  if (clip.log_ratio_limit > 0) log_ratio = log_ratio.clamp(-clip.log_ratio_limit, clip.log_ratio_limit);
  const auto ratio = log_ratio.exp();
  const auto unclipped = -advantages * (clip.delta ? ratio.clamp_max(*clip.delta) : ratio);
  const auto clipped = -advantages * ratio.clamp(1 - clip.cliprange, 1 + clip.cliprange);
  const auto per_token = at::maximum(unclipped, clipped);

  LossSum loss{per_token.sum(), static_cast<double>(logprobs.numel()), {}};
  add_mean(loss, "loss/policy_avg", per_token);
  add_mean(loss, "policy/clipfrac_avg", clipped > unclipped);
  add_mean(loss, "policy/approxkl_avg", 0.5 * log_ratio.detach().square());
  add_mean(loss, "val/ratio", ratio);
  add_mean(loss, "val/ratio_var", ratio.detach().square());
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
