#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// Robust DPO (Chowdhury et al. 2024, eq. 12): unbiased when each label is flipped with probability
/// e = `label_smoothing` in [0, 0.5):
///   (-(1 - e) logsigmoid(beta m) + e logsigmoid(-beta m)) / (1 - 2 e). -> [P]
inline at::Tensor robust(const PairTerms& pairs, double beta, double label_smoothing) {
  const auto z = beta * pairs.margin();
  return (-(1 - label_smoothing) * at::log_sigmoid(z) + label_smoothing * at::log_sigmoid(-z)) /
         (1 - 2 * label_smoothing);
}

}  // namespace nudge
