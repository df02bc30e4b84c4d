#pragma once

#include <cstdint>
#include <vector>

#include "data/reward_examples.h"
#include "records/records.h"

namespace nudge {

/// What a reward model learns from, and what it is measured on.
struct RewardModelData {
  std::vector<RewardExample> train, eval;  // no prompt is in both
  std::vector<Ranking> rankings;           // that the examples came from; empty for labels
  std::int64_t too_long = 0, ties = 0;     // answers left out, pairs without a difference
};
/// The split is a function of the seed and the prompt's tokens, so it survives reordering and new data. Error
/// when nothing is left to learn from.
RewardModelData split_by_prompt(std::vector<RewardExample> examples, double eval_share, std::uint64_t seed);

}  // namespace nudge
