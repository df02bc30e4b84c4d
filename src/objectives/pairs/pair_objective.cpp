#include "objectives/pairs/pair_objective.h"

namespace nudge {

at::Tensor PairObjective::losses_P(const PairTerms& terms) const {
  const PairTerms scored = with_scores(terms, divergence);
  at::Tensor total = at::zeros_like(terms.chosen);
  for (const auto& [weight, loss] : losses) total = total + weight * loss(scored);
  return total;
}

}  // namespace nudge
