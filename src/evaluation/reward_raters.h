#pragma once

#include <span>

#include "base/json.h"
#include "evaluation/reward_evaluation.h"

namespace nudge {

/// What pairs with several votes say: `repeated` (how many pairs), `agreement` (interval: the share of
/// agreeing couples of votes on one pair, a tie as an answer of its own, over pairs), `accuracy_bound` (what
/// a reward that knew how likely each vote is could reach at most) and `majority_accuracy` (interval: the
/// reward sides with the most votes, pairs without a majority left out). Empty where every
/// pair has one vote.
Json repeated_votes(std::span<const ScoredPair> votes);

}  // namespace nudge
