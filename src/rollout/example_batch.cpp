#include "rollout/example_batch.h"

#include "tensor/aten.h"

namespace nudge {

PackedExamples pack_examples(std::span<const Example> all, std::span<const std::int64_t> indices) {
  std::vector<std::vector<TokenId>> sequences;
  std::vector<std::int64_t> predicting;
  std::vector<TokenId> targets;
  std::int64_t start = 0;
  for (const std::int64_t index : indices) {
    const Example& example = all[index];
    for (std::int64_t t = 1; t < std::ssize(example.tokens); ++t) {
      if (!example.loss_mask[t]) continue;
      predicting.push_back(start + t - 1);
      targets.push_back(example.tokens[t]);
    }
    start += std::ssize(example.tokens);
    sequences.push_back(example.tokens);
  }
  return {pack(sequences), at::tensor(predicting, at::kLong), at::tensor(targets, at::kInt)};
}

std::vector<std::vector<std::int64_t>> example_batches(std::span<const Example> all,
                                                       std::span<const std::int64_t> indices,
                                                       std::int64_t token_budget) {
  return micro_batches(indices, token_budget,
                       [&](std::int64_t index) { return std::ssize(all[index].tokens); });
}

}  // namespace nudge
