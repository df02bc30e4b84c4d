#pragma once

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// The hinge on the margin (Zhao et al. 2023, SLiC-HF; Liu et al. 2023, RSO, eq. 9): max(0, 1 - beta m). ->
/// [P]
inline at::Tensor hinge(const PairTerms& pairs, double beta) {
  return at::relu(1 - beta * pairs.margin());
}

}  // namespace nudge
