#include "objectives/aggregation.h"

#include <ATen/ATen.h>

#include "base/error.h"

namespace nudge {

LossType parse_loss_type(const std::string& name) {
  if (name == "dapo") return LossType::dapo;
  if (name == "bnpo") return LossType::bnpo;
  if (name == "grpo") return LossType::grpo;
  if (name == "dr_grpo") return LossType::dr_grpo;
  if (name == "luspo") return LossType::luspo;
  throw UsageError(
      fmt::format("The loss_type is one of dapo, bnpo, grpo, dr_grpo, luspo, but got \"{}\".", name));
}

LossSum aggregate(const at::Tensor& per_token_N, const Completions& completions,
                  const AggregationOptions& options) {
  const auto filled = static_cast<double>(completions.filled());
  LossSum loss;
  switch (options.type) {
    case LossType::dapo:
    case LossType::bnpo:
      loss.sum = per_token_N.sum();
      loss.count = static_cast<double>(per_token_N.numel());
      break;
    case LossType::grpo:
      loss.sum = completions.means(per_token_N).sum();
      loss.count = filled;
      break;
    case LossType::dr_grpo:
      loss.sum = per_token_N.sum();
      loss.count = filled * options.tokens_per_completion;
      break;
    case LossType::luspo:
      loss.sum = per_token_N.sum();
      loss.count = filled;
      break;
  }
  loss.count *= options.count_scale;
  return loss;
}

}  // namespace nudge
