#include "objectives/bradley_terry.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace nudge {

LossSum bradley_terry(const at::Tensor& chosen_P, const at::Tensor& rejected_P, const at::Tensor& margins_P,
                      const at::Tensor& weights_P, double centering) {
  const auto margins = margins_P.defined() ? margins_P : at::zeros_like(chosen_P);
  const auto weights = weights_P.defined() ? weights_P : at::ones_like(chosen_P);
  const auto pairs = chosen_P.numel();
  require(
      rejected_P.numel() == pairs && margins.numel() == pairs && weights.numel() == pairs,
      "The reward loss needs one rejected score, margin and weight per chosen score, but got {}, {} and {} "
      "for {}.",
      rejected_P.numel(), margins.numel(), weights.numel(), pairs);

  const auto difference = chosen_P - rejected_P;
  const auto sum_of_both = chosen_P + rejected_P;
  auto per_pair = -at::log_sigmoid(difference - margins);
  if (centering != 0) per_pair = per_pair + centering * sum_of_both.square();

  LossSum loss{(weights * per_pair).sum(), weights.sum(at::kDouble).item<double>(), {}};
  const auto add_mean = [&](const char* name, const at::Tensor& values) {
    loss.metrics.add(name, (weights * values.detach()).sum(at::kDouble).item<double>(), loss.count);
  };
  add_mean("accuracy", difference > 0);
  add_mean("margin", difference);
  add_mean("mean_reward", 0.5 * sum_of_both);
  return loss;
}

}  // namespace nudge
