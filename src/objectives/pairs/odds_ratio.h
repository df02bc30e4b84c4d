#pragma once

#include <cmath>

#include "objectives/pairs/pair_terms.h"

namespace nudge {

/// log(e^y - 1) for y > 0, keeping its digits on both sides of log 2 (Maechler 2012). Each side is computed
/// within its own range only: the slope of the one that `where` leaves out must be finite too.
inline at::Tensor log_expm1(const at::Tensor& y) {
  const at::Tensor small = y.clamp_max(M_LN2), large = y.clamp_min(M_LN2);
  return at::where(y < M_LN2, at::log(at::expm1(small)), large + at::log1p(-at::exp(-large)));
}

/// log of odds(chosen) / odds(rejected), odds p / (1 - p) = 1 / (e^-x - 1) of log-probs x averaged over
/// tokens. A chosen completion that is certain (p = 1 in single precision) counts as certain to 1e-30: the
/// loss is then 0, and its slope in x what it tends to, -odds(rejected). A certain rejected one costs
/// infinitely much, as it should: who minimises this leaves such a pair out. -> [P]
inline at::Tensor log_odds(const PairTerms& averages) {
  const at::Tensor chosen = (-averages.chosen).clamp_min(0) + 1e-30,
                   rejected = (-averages.rejected).clamp_min(0);
  return log_expm1(rejected) - log_expm1(chosen);
}

/// The penalty of ORPO (Hong et al. 2024, eq. 7), which stands beside the likelihood of the chosen
/// completion: -beta logsigmoid(log odds ratio); beta is the paper's lambda. -> [P]
inline at::Tensor odds_ratio(const PairTerms& averages, double beta) {
  return -beta * at::log_sigmoid(log_odds(averages));
}

}  // namespace nudge
