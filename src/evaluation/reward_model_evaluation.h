#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"
#include "data/reward_examples.h"
#include "model/decoder.h"
#include "records/records.h"

namespace nudge {

/// How good a reward model is on examples it has not seen (evaluation/reward_evaluation.h); the mean of its
/// heads where a comparison is for all. For labels: how many, correlation of score and label, and, where they
/// are 0 and 1, the share on the right side of 0.
Json reward_model_evaluation(const Decoder& model, const std::vector<RewardExample>& examples,
                             const std::vector<Ranking>& rankings, std::int64_t micro_batch_tokens);

}  // namespace nudge
