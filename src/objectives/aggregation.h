#pragma once

#include <ATen/core/Tensor.h>

#include "base/names.h"
#include "objectives/completions.h"
#include "tensor/loss_sum.h"

namespace nudge {

class Options;

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
constexpr auto names_table(LossType) {
  return std::to_array<Named<LossType>>({{LossType::dapo, "dapo"},
                                         {LossType::bnpo, "bnpo"},
                                         {LossType::grpo, "grpo"},
                                         {LossType::dr_grpo, "dr_grpo"},
                                         {LossType::luspo, "luspo"}});
}

/// The tokens by which a mean over tokens divides: those of the update, or those of the rollout over its
/// updates (TRL).
enum class TokenMean { update, rollout };
constexpr auto names_table(TokenMean) {
  return std::to_array<Named<TokenMean>>({{TokenMean::update, "update"}, {TokenMean::rollout, "rollout"}});
}

struct AggregationOptions {
  LossType loss_type = LossType::grpo;
  bool count_left_out = false;  // completions that take no part still count in a mean over completions (TRL)
  TokenMean token_mean = TokenMean::update;
};
/// What the programs agree upon; where they do not stands under an algorithm's conventions.
void declare(Options& options, AggregationOptions& aggregation);

/// What stands behind the counts of an update's micro-batches.
struct CountScale {
  double tokens_per_completion = 1;  // dr_grpo's constant: TRL's max_completion_length
  double factor = 1;                 // on every count
};

/// What an update takes of its rollout.
struct UpdateShare {
  double completions = 1, active = 1;          // of the rollout, and of those the ones that take part
  double tokens = 1, tokens_of_an_update = 1;  // of the update's completions, and of an update on average
};
/// The factor that the options ask for.
double count_factor(const AggregationOptions& options, const UpdateShare& share);

/// Completions without tokens count for nothing.
LossSum aggregate(const at::Tensor& per_token_N, const Completions& completions, LossType type,
                  const CountScale& scale = {});

}  // namespace nudge
