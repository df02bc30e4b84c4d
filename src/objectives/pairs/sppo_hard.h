#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// Self-play preference optimisation with certain winners (Wu et al. 2024, eq. 4.7 with P = 1 and 0):
///   (c - 1 / (2 beta))^2 + (r + 1 / (2 beta))^2; beta must not be 0. -> [P]
inline at::Tensor sppo_hard(const PairTerms& pairs, double beta) {
  return (pairs.chosen_ratio() - 0.5 / beta).square() + (pairs.rejected_ratio() + 0.5 / beta).square();
}

}  // namespace nudge
