#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/preference_tokens.h"
#include "rollout/pair_batch.h"

namespace nudge {

/// B single labelled completions laid out for one forward pass; one that several examples have is packed
/// once.
struct LabelledBatch {
  std::vector<std::int64_t> completions;  // of the dataset, distinct, as packed
  PackedTrajectories packed;
  std::vector<TokenSpan> spans;  // where each example's completion lies among their tokens [B]
  at::Tensor desirable_B;        // bool
  at::Tensor weights_B;
};
/// `weights` of all examples of the data.
LabelledBatch pack_examples(const LabelledTokens& data, std::span<const float> weights,
                            std::span<const std::int64_t> examples);

}  // namespace nudge
