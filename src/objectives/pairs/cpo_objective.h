#pragma once

#include "base/options.h"
#include "objectives/pairs/pair_objective.h"
#include "objectives/pairs/unreferenced_losses.h"

namespace nudge {

/// What CPO (Xu et al. 2024), SimPO (Meng et al. 2024) and AlphaPO (Gupta et al. 2025) minimise. Names as in
/// TRL's CPOConfig.
struct CpoLossOptions {
  UnreferencedLoss loss_type = UnreferencedLoss::sigmoid;
  UnreferencedLossOptions losses{.beta = 0.1, .margin = 0.5};  // margin: simpo_gamma
  double cpo_alpha = 1;  // weight of the chosen completion's likelihood; 0 in alphapo
  double alpha = 0;      // AlphaPO's exponent: rewards (1 - p^-alpha) / alpha; 0: log p
};
void declare(Options& options, CpoLossOptions& cpo);

/// Without a reference. UsageError when options contradict each other.
PairObjective objective_of(const CpoLossOptions& cpo);

}  // namespace nudge
