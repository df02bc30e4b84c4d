#include "objectives/surrogate.h"

#include <ATen/ATen.h>

#include <limits>

#include "base/error.h"

namespace nudge {
namespace {

at::Tensor log_ratio_of(const at::Tensor& log_ratio_N, const Completions& completions,
                        const SurrogateOptions& options) {
  at::Tensor weight_N = log_ratio_N;
  if (options.level == ImportanceLevel::sequence) {
    weight_N = completions.spread(completions.means(log_ratio_N));
  } else if (options.level == ImportanceLevel::sequence_product) {
    weight_N = completions.spread(completions.sums(log_ratio_N));
  }
  if (options.log_ratio_limit > 0) {
    weight_N = weight_N.clamp(-options.log_ratio_limit, options.log_ratio_limit);
  }
  return weight_N;
}

at::Tensor clipped(const at::Tensor& ratio_N, const at::Tensor& advantages_N, double low, double high,
                   const SurrogateOptions& options) {
  const auto capped = options.delta ? ratio_N.clamp_max(*options.delta) : ratio_N;
  return at::maximum(-advantages_N * capped, -advantages_N * ratio_N.clamp(low, high));
}

at::Tensor soft_gated(const at::Tensor& ratio_N, const at::Tensor& advantages_N,
                      const SurrogateOptions& options) {
  const auto temperature =
      at::where(advantages_N > 0, at::full_like(advantages_N, options.sapo_temperature_pos),
                at::full_like(advantages_N, options.sapo_temperature_neg));
  return -(temperature * (ratio_N - 1)).sigmoid() * (4 / temperature) * advantages_N;
}

}  // namespace

Surrogate parse_surrogate(const std::string& name) {
  if (name == "clip") return Surrogate::clip;
  if (name == "cispo") return Surrogate::cispo;
  if (name == "sapo") return Surrogate::sapo;
  throw UsageError(fmt::format("The surrogate is one of clip, cispo, sapo, but got \"{}\".", name));
}

ImportanceLevel parse_importance_level(const std::string& name) {
  if (name == "token") return ImportanceLevel::token;
  if (name == "sequence") return ImportanceLevel::sequence;
  if (name == "sequence_product") return ImportanceLevel::sequence_product;
  throw UsageError(fmt::format(
      "The importance_sampling_level is one of token, sequence, sequence_product, but got \"{}\".", name));
}

SurrogateLoss surrogate_loss(const at::Tensor& logprobs_N, const at::Tensor& old_logprobs_N,
                             const at::Tensor& advantages_N, const Completions& completions,
                             const SurrogateOptions& options) {
  require(logprobs_N.numel() == old_logprobs_N.numel() && logprobs_N.numel() == advantages_N.numel(),
          "The policy loss needs aligned inputs, one entry per completion token, but got {}, {} and {} "
          "entries.",
          logprobs_N.numel(), old_logprobs_N.numel(), advantages_N.numel());
  const double high = options.epsilon_high.value_or(options.epsilon);
  SurrogateLoss loss;
  loss.log_ratio_N = log_ratio_of(logprobs_N - old_logprobs_N, completions, options);
  loss.ratio_N = loss.log_ratio_N.exp();
  const auto ratio = loss.ratio_N.detach();
  double lowest = 1 - options.epsilon, highest = 1 + high;
  switch (options.surrogate) {
    case Surrogate::clip:
      loss.per_token_N = clipped(loss.ratio_N, advantages_N, lowest, highest, options);
      break;
    case Surrogate::cispo:
      if (!options.cispo_both_sides) lowest = 0, highest = high;
      loss.per_token_N = -ratio.clamp(lowest, highest) * advantages_N * logprobs_N;
      break;
    case Surrogate::sapo:
      loss.per_token_N = soft_gated(loss.ratio_N, advantages_N, options);
      lowest = 0, highest = std::numeric_limits<double>::infinity();
      break;
  }
  loss.clipped_low_N = (ratio < lowest).logical_and(advantages_N < 0);
  loss.clipped_high_N = (ratio > highest).logical_and(advantages_N > 0);
  return loss;
}

}  // namespace nudge
