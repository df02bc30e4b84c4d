#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "objectives/completions.h"
#include "tensor/loss_sum.h"

namespace nudge {

/// How the losses of tokens become one number, by TRL's names (verl's in brackets). Each is a sum and a
/// count, so it is exact over the optimizer step whatever the micro-batches.
enum class LossType {
  dapo,     // mean over tokens [token-mean] (DAPO, Yu et al. 2025, eq. 12)
  bnpo,     // the same here; TRL's depends on how the batch is cut
  grpo,     // mean over completions of the mean over their tokens [seq-mean-token-mean] (GRPO, Shao et al.
            // 2024, eq. 3): tokens of long completions weigh less
  dr_grpo,  // mean over completions of the sum over their tokens, over a constant [seq-mean-token-sum-norm]
            // (Dr. GRPO, Liu et al. 2025)
  luspo,    // mean over completions of the sum over their tokens [seq-mean-token-sum]
};
LossType parse_loss_type(const std::string& name);  // UsageError with the known names

struct AggregationOptions {
  LossType type = LossType::dapo;
  double tokens_per_completion = 1;  // dr_grpo's constant: TRL's max_completion_length
  double count_scale = 1;  // of the count: over 1 where completions that were left out still count (TRL)
};

/// Completions without tokens count for nothing.
LossSum aggregate(const at::Tensor& per_token_N, const Completions& completions,
                  const AggregationOptions& options);

}  // namespace nudge
