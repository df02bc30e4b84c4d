#pragma once

#include <span>

#include "base/json.h"
#include "evaluation/scored_pairs.h"

namespace nudge {

/// How good a reward is on comparisons that it has not seen, as JSON. An interval is {"value", "low", "high"}
/// (95 %, with the pairs of one prompt as a cluster). Ties count only under "ties".
///
///   pairs, prompts   how many
///   accuracy         interval: the chosen answer scored higher (equal scores are half right)
///   by_strength, by_source   [{strength | source, pairs, accuracy}], where they are known
///   when_longer_chosen, when_shorter_chosen   accuracy on those pairs: far apart when it scores length
///   longer_preferred (by the raters), longer_scored_higher, length_alone_accuracy (always the longer, or
///   always the shorter), length_correlation
///   position         {first_preferred, first_scored_higher}, intervals: raters and reward by place shown
///   raters           of pairs with several votes (evaluation/reward_raters.h)
///   ceiling          E[p^2 + (1 - p)^2] with p = sigma(difference / temperature): how often two raters would
///                    agree if the reward were the truth (Bradley-Terry)
///   ece, temperature, ece_after_temperature, log_loss, log_loss_after_temperature
///   reliability, reliability_after_temperature   [{predicted, observed, count}] of the favoured side
///   ties             {pairs, mean_difference, mean_difference_elsewhere}: absolute ones
///   hardest, most_doubtful   [{prompt, chosen, rejected, difference, strength, source}]: most surely wrong,
///                    and nearest to equal
Json reward_evaluation(std::span<const ScoredPair> pairs);

}  // namespace nudge
