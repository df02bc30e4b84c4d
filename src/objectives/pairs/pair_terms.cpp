#include "objectives/pairs/pair_terms.h"

#include <vector>

namespace nudge {

PairTerms with_scores(PairTerms terms, const Divergence& divergence) {
  terms.chosen_score = divergence(terms.chosen_ratio());
  terms.rejected_score = divergence(terms.rejected_ratio());
  return terms;
}

PairTerms joined(std::span<const PairTerms> parts) {
  const auto side = [&](at::Tensor PairTerms::* of) {
    std::vector<at::Tensor> pieces;
    for (const PairTerms& terms : parts) pieces.push_back(terms.*of);
    return at::cat(pieces);
  };
  return {side(&PairTerms::chosen),           side(&PairTerms::rejected),
          side(&PairTerms::reference_chosen), side(&PairTerms::reference_rejected),
          side(&PairTerms::chosen_length),    side(&PairTerms::rejected_length)};
}

}  // namespace nudge
