#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// Direct preference optimisation (Rafailov et al. 2023, eq. 7), with m = f'(chosen) - f'(rejected):
///   -(1 - e) logsigmoid(beta m) - e logsigmoid(-beta m),
/// where e = `label_smoothing` is the share of labels believed flipped (conservative DPO, Mitchell 2023).
/// Without a reference it is the preference term of CPO (Xu et al. 2024, eq. 3). -> [P]
inline at::Tensor sigmoid(const PairTerms& pairs, double beta, double label_smoothing = 0) {
  const auto z = beta * pairs.margin();
  return -(1 - label_smoothing) * at::log_sigmoid(z) - label_smoothing * at::log_sigmoid(-z);
}

}  // namespace nudge
