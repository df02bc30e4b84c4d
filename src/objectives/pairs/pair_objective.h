#pragma once

#include <string>
#include <utility>
#include <vector>

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// The likelihood that stands beside the preference losses: RPO's and CPO's of the chosen completion, ORPO's
/// with its prompt, TPO's of the best answer known.
struct LikelihoodTerm {
  double weight = 0;         // 0: none
  bool of_best = false;      // of the record's best answer instead of the chosen completion
  bool with_prompt = false;  // over the prompt's tokens too
  bool per_token = true;     // mean over the step's tokens; else mean over completions of their means
};

/// What an algorithm on pairs minimises: the mean over the step's pairs of a weighted sum of losses, and a
/// likelihood. Everything that its options name has become a function here; dpo_objective.h, cpo_objective.h,
/// orpo_objective.h and tpo_objective.h make one.
struct PairObjective {
  std::vector<std::pair<double, PairLoss>> losses;  // weight, loss
  LikelihoodTerm likelihood;

  bool referenced = true;              // log-ratios are taken against a reference, not against 0
  double beta = 0.1;                   // of the implicit rewards in the metrics: beta x log-ratio
  bool averages = false;               // log-probs are averaged over tokens, not summed
  Divergence reward = reverse_kl;      // of each log-prob; AlphaPO's
  Divergence divergence = reverse_kl;  // of each log-ratio
  double tail_weight = 1;              // of tokens beyond the shorter side's length (LD-DPO)
  bool weigh_by_policy = false;        // each pair by how likely the policy is to say it (WPO)
  bool over_step = false;  // losses compare pairs with one another (aot): taken over the whole step
  std::vector<std::pair<std::string, PairLoss>> metrics;  // further means over pairs to report

  /// What each pair costs: the weighted losses of its terms, whose scores are taken here. -> [P]
  at::Tensor losses_P(const PairTerms& terms) const;
};

}  // namespace nudge
