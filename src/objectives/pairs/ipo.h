#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

// Identity preference optimisation (Azar et al. 2023, eq. 17): (m - 1 / (2 beta))^2; beta is the paper's tau
// and must not be 0. The paper does not say whether a completion's log-ratio is summed or averaged over its
// tokens.

/// Averaged: TRL's DPO, and what the authors meant when TRL asked them. -> [P]
inline at::Tensor ipo_of_averages(const PairTerms& pairs, double beta) {
  const auto margin = pairs.chosen_score / pairs.chosen_length.clamp_min(1) -
                      pairs.rejected_score / pairs.rejected_length.clamp_min(1);
  return (margin - 1 / (2 * beta)).square();
}

/// Summed, as the terms come: OpenRLHF. Loss and gradient grow with the completions' length. -> [P]
inline at::Tensor ipo_of_sums(const PairTerms& pairs, double beta) {
  return (pairs.margin() - 1 / (2 * beta)).square();
}

}  // namespace nudge
