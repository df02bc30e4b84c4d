#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// A binary classifier on both sides of a pair (Jung et al. 2024, eq. 8, without its reward shift; the
/// command `bco` has it): -logsigmoid(beta c) - logsigmoid(-beta r). -> [P]
inline at::Tensor bco_pair(const PairTerms& pairs, double beta) {
  return -at::log_sigmoid(beta * pairs.chosen_ratio()) - at::log_sigmoid(-beta * pairs.rejected_ratio());
}

}  // namespace nudge
