#include "objectives/aggregation.h"

#include "base/options.h"
#include "tensor/aten.h"

namespace nudge {

void declare(Options& options, AggregationOptions& aggregation) {
  options.choose("loss_type", aggregation.loss_type,
                 "How token losses are averaged: over tokens (dapo, bnpo), first within each completion "
                 "(grpo), as sums over max_new_tokens (dr_grpo), as sums (luspo).");
}

double count_factor(const AggregationOptions& options, const UpdateShare& share) {
  switch (options.loss_type) {
    case LossType::dapo:
      return options.token_mean == TokenMean::rollout ? share.tokens_of_an_update / share.tokens : 1;
    case LossType::bnpo:
      return 1;
    case LossType::grpo:
    case LossType::dr_grpo:
    case LossType::luspo:
      return options.count_left_out ? share.completions / share.active : 1;
  }
  return 1;
}

LossSum aggregate(const at::Tensor& per_token_N, const Completions& completions, LossType type,
                  const CountScale& scale) {
  const auto filled = static_cast<double>(completions.filled());
  LossSum loss;
  switch (type) {
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
      loss.count = filled * scale.tokens_per_completion;
      break;
    case LossType::luspo:
      loss.sum = per_token_N.sum();
      loss.count = filled;
      break;
  }
  loss.count *= scale.factor;
  return loss;
}

}  // namespace nudge
