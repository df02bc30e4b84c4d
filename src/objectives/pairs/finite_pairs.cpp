#include "objectives/pairs/finite_pairs.h"

namespace nudge {

at::Tensor finite_terms(const PairTerms& terms) {
  const auto sides = {terms.chosen, terms.rejected, terms.reference_chosen, terms.reference_rejected};
  at::Tensor finite = at::ones_like(terms.chosen, at::kBool);
  for (const at::Tensor& side : sides) finite = finite.logical_and(side.detach().isfinite());
  return finite;
}

at::Tensor finite_pairs(const PairTerms& terms, const PairLoss& loss) {
  PairTerms leaves = terms;
  leaves.chosen = terms.chosen.detach().requires_grad_();
  leaves.rejected = terms.rejected.detach().requires_grad_();
  const at::Tensor losses_P = loss(leaves);
  at::Tensor finite = finite_terms(terms).logical_and(losses_P.detach().isfinite());
  if (!losses_P.requires_grad()) return finite;
  losses_P.sum().backward();
  for (const at::Tensor& leaf : {leaves.chosen, leaves.rejected})
    if (leaf.grad().defined()) finite = finite.logical_and(leaf.grad().isfinite());
  return finite;
}

}  // namespace nudge
