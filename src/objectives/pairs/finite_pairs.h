#pragma once

#include "objectives/pairs/pair_losses.h"

namespace nudge {

/// Which of P pairs a loss can learn from: those whose log-probs, loss and slope in each log-prob are finite
/// numbers. `loss` looks at each pair alone. Carries no gradient. -> bool [P]
at::Tensor finite_pairs(const PairTerms& terms, const PairLoss& loss);

/// Those whose log-probs are finite; for losses that compare pairs with one another. -> bool [P]
at::Tensor finite_terms(const PairTerms& terms);

}  // namespace nudge
