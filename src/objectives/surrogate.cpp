#include "objectives/surrogate.h"

#include <limits>

#include "base/error.h"
#include "base/options.h"
#include "tensor/aten.h"

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

// How far the two Bernoullis "this token or another" are apart: their total variation, or the KL of the old
// from the new. 1 - p comes from the log-prob, which keeps its digits where p is nearly 1.
at::Tensor binary_divergence(Surrogate surrogate, const at::Tensor& new_N, const at::Tensor& old_N) {
  const auto p_N = old_N.exp();
  if (surrogate == Surrogate::dppo_tv) return (new_N.exp() - p_N).abs();
  const auto other_p_N = -old_N.expm1(), other_q_N = -new_N.expm1();
  const auto others_N = other_p_N * (other_p_N.log() - other_q_N.log());
  return p_N * (old_N - new_N) + at::where(other_p_N > 0, others_N, at::zeros_like(others_N));
}

at::Tensor soft_gated(const at::Tensor& ratio_N, const at::Tensor& advantages_N,
                      const SurrogateOptions& options) {
  const auto temperature =
      at::where(advantages_N > 0, at::full_like(advantages_N, options.sapo_temperature_pos),
                at::full_like(advantages_N, options.sapo_temperature_neg));
  return -(temperature * (ratio_N - 1)).sigmoid() * (4 / temperature) * advantages_N;
}

// Trust by divergence instead of by ratio: fills what DPPO's mask decides, and the loss.
void masked_by_divergence(const at::Tensor& logprobs_N, const at::Tensor& old_N,
                          const at::Tensor& advantages_N, const SurrogateOptions& options,
                          SurrogateLoss& loss) {
  const auto now_N = logprobs_N.detach();
  const auto moved_N = binary_divergence(options.surrogate, now_N, old_N);
  const double high = options.epsilon_high.value_or(options.epsilon);
  loss.clipped_low_N = (moved_N > options.epsilon).logical_and(now_N < old_N).logical_and(advantages_N <= 0);
  loss.clipped_high_N = (moved_N > high).logical_and(now_N > old_N).logical_and(advantages_N > 0);
  const auto ratio_N = loss.ratio_N.detach();
  const auto weight_N = options.delta ? ratio_N.clamp_max(*options.delta) : ratio_N;
  const auto dropped_N = loss.clipped_low_N.logical_or(loss.clipped_high_N);
  loss.per_token_N = (-weight_N * advantages_N * logprobs_N).masked_fill(dropped_N, 0);
}

}  // namespace

void declare(Options& options, SurrogateOptions& surrogate) {
  options.choose("surrogate", surrogate.surrogate, "How ratio and advantage become a loss.");
  options.choose("importance_sampling_level", surrogate.level,
                 "The ratio of each token, the geometric mean over the completion, or its product.");
  options
      .add("epsilon", surrogate.epsilon,
           "Clip range of the ratio below 1, and above unless epsilon_high says; for dppo how far a "
           "probability may move.")
      .within(at_least(0));
  options
      .add("epsilon_high", surrogate.epsilon_high, "Clip range above 1; for cispo the largest ratio itself.")
      .within(at_least(0));
  options
      .add("delta", surrogate.delta,
           "Largest ratio of a negative advantage (dual clip), for dppo of any; absent: any.")
      .within(at_least(1));
  options.rule([&surrogate] {
    const bool dppo = surrogate.surrogate == Surrogate::dppo_tv || surrogate.surrogate == Surrogate::dppo_kl;
    if (dppo && surrogate.level != ImportanceLevel::token)
      throw UsageError(fmt::format(
          "--surrogate {} looks at the probability of single tokens, so --importance_sampling_level must be "
          "token, but got {}.",
          name_of(surrogate.surrogate), name_of(surrogate.level)));
  });
  options.add("sapo_temperature_pos", surrogate.sapo_temperature_pos, "Sapo's temperature where A > 0.")
      .within(above(0));
  options.add("sapo_temperature_neg", surrogate.sapo_temperature_neg, "Sapo's temperature where A <= 0.")
      .within(above(0));
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
      if (options.cispo_range == CispoRange::cap) lowest = 0, highest = high;
      loss.per_token_N = -ratio.clamp(lowest, highest) * advantages_N * logprobs_N;
      break;
    case Surrogate::sapo:
      loss.per_token_N = soft_gated(loss.ratio_N, advantages_N, options);
      lowest = 0, highest = std::numeric_limits<double>::infinity();
      break;
    case Surrogate::dppo_tv:
    case Surrogate::dppo_kl:
      masked_by_divergence(logprobs_N, old_logprobs_N, advantages_N, options, loss);
      return loss;
  }
  loss.clipped_low_N = (ratio < lowest).logical_and(advantages_N < 0);
  loss.clipped_high_N = (ratio > highest).logical_and(advantages_N > 0);
  return loss;
}

}  // namespace nudge
