#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// The log-ratio modulated loss that a language model discovered (Lu et al. 2024, DiscoPOP, eq. 5), z = beta
/// m:
///   -(1 - s(z / tau)) logsigmoid(z) + s(z / tau) exp(-z).
/// The last product is one exponential: for z far below 0 its factors are 0 and infinite. -> [P]
inline at::Tensor discopop(const PairTerms& pairs, double beta, double tau) {
  const auto z = beta * pairs.margin();
  const auto gate = at::sigmoid(z / tau);
  return -(1 - gate) * at::log_sigmoid(z) + at::exp(at::log_sigmoid(z / tau) - z);
}

}  // namespace nudge
