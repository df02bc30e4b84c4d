#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

// Anchored preference optimisation (D'Oosterlinck et al. 2024). Each -> [P].

/// Eq. 7, where the chosen completions are better than what the model says: 1 - s(beta c) + s(beta r).
inline at::Tensor apo_zero(const PairTerms& pairs, double beta) {
  return at::sigmoid(-beta * pairs.chosen_ratio()) + at::sigmoid(beta * pairs.rejected_ratio());
}

/// Eq. 8, where even the chosen ones are worse, so that both fall: s(beta c) + 1 - s(beta (c - r)).
inline at::Tensor apo_down(const PairTerms& pairs, double beta) {
  const auto chosen = pairs.chosen_ratio();
  return at::sigmoid(beta * chosen) + at::sigmoid(-beta * (chosen - pairs.rejected_ratio()));
}

}  // namespace nudge
