#include "rollout/first_ratio.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "rollout/completion_numbers.h"
#include "rollout/scoring.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

void require_small(double deviation, const RatioCheck& check) {
  require(
      deviation <= check.tolerance,
      "{}: before the first update the ratio of new to old probabilities must be 1, but deviates by {:.3g} "
      "(tolerance {:.3g}): the decode engine and the training forward disagree. Raise --ratio_tolerance only "
      "if you know why.",
      check.algorithm, deviation, check.tolerance);
}

}  // namespace

double first_ratio_tolerance(const Decoder& policy, double asked) {
  return policy.config().precision == Precision::bfloat16 ? 0 : asked;
}

void check_first_ratio(const Decoder& policy, std::span<const Trajectory> trajectories,
                       std::int64_t token_budget, const RatioCheck& check) {
  const Ragged again = completion_logprobs(policy, trajectories, check.temperature, token_budget),
               sampled = sampled_logprobs(trajectories);
  const auto now = again.flat(), then = sampled.flat();
  double worst = 0;
  for (std::size_t t = 0; t < now.size(); ++t)
    worst = std::max(worst, std::abs(std::exp(double{now[t]} - then[t]) - 1));
  require_small(worst, check);
}

double check_first_ratio(const at::Tensor& now_N, const at::Tensor& old_N, const RatioCheck& check) {
  const at::Tensor deviation_N = (now_N.detach() - old_N).to(at::kDouble).exp().sub(1);
  require_small(deviation_N.square().mean().sqrt().item<double>(), check);
  return deviation_N.abs().max().item<double>();
}

}  // namespace nudge
