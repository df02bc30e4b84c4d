#pragma once

#include <tuple>

#include "objectives/pairs/pair_terms.h"

namespace nudge {

// Alignment by optimal transport (Melnyk et al. 2024, Algorithms 1 and 2): not pair by pair, but the whole
// distribution of margins shall dominate another. Both sides are sorted over all P pairs, and quantile meets
// quantile; so the result depends on which pairs are in the batch, and the batch is the optimizer step's.
// Each -> [P], by quantile: -(1 - e) logsigmoid(beta d) - e logsigmoid(-beta d), e = `label_smoothing`.

namespace detail {
inline at::Tensor dominance(const at::Tensor& above, const at::Tensor& below, double beta,
                            double label_smoothing) {
  const auto z = beta * (std::get<0>(above.sort()) - std::get<0>(below.sort()));
  return -(1 - label_smoothing) * at::log_sigmoid(z) - label_smoothing * at::log_sigmoid(-z);
}
}  // namespace detail

/// The policy's margins log pi(c) - log pi(r) over the reference's.
inline at::Tensor aot(const PairTerms& pairs, double beta, double label_smoothing) {
  return detail::dominance(pairs.chosen - pairs.rejected, pairs.reference_chosen - pairs.reference_rejected,
                           beta, label_smoothing);
}

/// The log-ratios of all chosen completions over those of all rejected ones, whoever they were compared with.
inline at::Tensor aot_unpaired(const PairTerms& pairs, double beta, double label_smoothing) {
  return detail::dominance(pairs.chosen_ratio(), pairs.rejected_ratio(), beta, label_smoothing);
}

}  // namespace nudge
