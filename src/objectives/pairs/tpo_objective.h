#pragma once

#include "base/options.h"
#include "objectives/pairs/pair_objective.h"
#include "objectives/pairs/unreferenced_losses.h"

namespace nudge {

/// What TPO (Saeidi et al. 2024) minimises on triples: a chosen, a rejected and the best known answer. Names
/// as in TRL's TPOConfig.
struct TpoLossOptions {
  UnreferencedLoss loss_type = UnreferencedLoss::sigmoid;
  UnreferencedLossOptions losses{.beta = 0.01, .margin = 0.5};  // margin: tpo_l_gamma
  double tpo_alpha = 1;                                         // weight of the likelihood of the best answer
};
void declare(Options& options, TpoLossOptions& tpo);

/// Without a reference. UsageError when options contradict each other.
PairObjective objective_of(const TpoLossOptions& tpo);

}  // namespace nudge
