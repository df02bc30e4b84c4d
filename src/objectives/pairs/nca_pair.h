#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// Noise contrastive alignment on pairs (Chen et al. 2024, eq. 12), with c, r the log-ratios:
///   -logsigmoid(beta c) - 0.5 logsigmoid(-beta c) - 0.5 logsigmoid(-beta r).
/// Its absolute terms keep the chosen log-prob from falling. -> [P]
inline at::Tensor nca_pair(const PairTerms& pairs, double beta) {
  const auto chosen = beta * pairs.chosen_ratio(), rejected = beta * pairs.rejected_ratio();
  return -at::log_sigmoid(chosen) - 0.5 * at::log_sigmoid(-chosen) - 0.5 * at::log_sigmoid(-rejected);
}

}  // namespace nudge
