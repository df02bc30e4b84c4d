#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// Length-normalised DPO (Lambert et al. 2024, Tulu 3, eq. 6): -logsigmoid(beta (f'(c) / |c| - f'(r) / |r|)).
/// -> [P]
inline at::Tensor sigmoid_norm(const PairTerms& pairs, double beta) {
  const auto margin = pairs.chosen_score / pairs.chosen_length.clamp_min(1) -
                      pairs.rejected_score / pairs.rejected_length.clamp_min(1);
  return -at::log_sigmoid(beta * margin);
}

}  // namespace nudge
