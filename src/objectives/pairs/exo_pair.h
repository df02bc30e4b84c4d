#pragma once

#include <cmath>

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// EXO on pairs (Ji et al. 2024, eq. 16): the reverse KL from softmax(beta scores) to the labels [1 - e, e],
///   s(z) (logsigmoid(z) - log(1 - e)) + s(-z) (logsigmoid(-z) - log e),  z = beta m,
/// with e = `label_smoothing` in (0, 1). -> [P]
inline at::Tensor exo_pair(const PairTerms& pairs, double beta, double label_smoothing) {
  const auto z = beta * pairs.margin();
  return at::sigmoid(z) * (at::log_sigmoid(z) - std::log1p(-label_smoothing)) +
         at::sigmoid(-z) * (at::log_sigmoid(-z) - std::log(label_smoothing));
}

}  // namespace nudge
