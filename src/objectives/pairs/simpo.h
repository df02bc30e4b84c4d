#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// SimPO (Meng et al. 2024, eq. 6) on log-probs averaged over tokens and without a reference; the margin must
/// exceed gamma: -(1 - e) logsigmoid(beta m - gamma) - e logsigmoid(gamma - beta m). TPO-L (Saeidi et al.
/// 2024) is the same term beside another likelihood. -> [P]
inline at::Tensor simpo(const PairTerms& averages, double beta, double gamma, double label_smoothing = 0) {
  const auto z = beta * averages.margin() - gamma;
  return -(1 - label_smoothing) * at::log_sigmoid(z) - label_smoothing * at::log_sigmoid(-z);
}

}  // namespace nudge
