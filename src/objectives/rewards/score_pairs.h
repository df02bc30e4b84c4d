#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "objectives/rewards/ranked_items.h"

namespace nudge {

/// P compared pairs as the likelihoods of reward models see them; [P] each. Of a tie, either side may stand
/// first.
struct ScorePairs {
  at::Tensor better, worse;  // scores, differentiable
  at::Tensor margins;        // least difference wanted
  at::Tensor ties;           // 1 where the rater saw no difference, else 0
  at::Tensor weights;

  at::Tensor differences() const { return better - worse; }
  std::int64_t count() const { return better.numel(); }
};

/// The C(K, 2) pairs of each comparison, its weight shared evenly among those that count: equal ranks make a
/// pair only `with_ties`. Scores [C].
ScorePairs score_pairs(const at::Tensor& scores_C, std::span<const RankedItems> comparisons, bool with_ties);

}  // namespace nudge
