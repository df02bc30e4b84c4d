#pragma once

#include <cmath>

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// log(1 - e^x) for x < 0, keeping its digits on both sides of -log 2 (Maechler 2012).
inline at::Tensor log1mexp(const at::Tensor& x) {
  return at::where(x < -M_LN2, at::log1p(-at::exp(x)), at::log(-at::expm1(x)));
}

/// log of odds(chosen) / odds(rejected), odds p / (1 - p), of log-probs averaged over tokens. -> [P]
inline at::Tensor log_odds(const PairTerms& averages) {
  return (averages.chosen - averages.rejected) - (log1mexp(averages.chosen) - log1mexp(averages.rejected));
}

/// The penalty of ORPO (Hong et al. 2024, eq. 7), which stands beside the likelihood of the chosen
/// completion: -beta logsigmoid(log odds ratio); beta is the paper's lambda. -> [P]
inline at::Tensor odds_ratio(const PairTerms& averages, double beta) {
  return -beta * at::log_sigmoid(log_odds(averages));
}

}  // namespace nudge
