#pragma once

#include <optional>
#include <vector>

#include "base/options.h"
#include "objectives/pairs/pair_losses.h"
#include "objectives/pairs/pair_objective.h"

namespace nudge {

/// What DPO (Rafailov et al. 2023) and its kin minimise. Names as in TRL's DPOConfig. A leash of 0.1, as TRL
/// and OpenRLHF have it, did harm in the world, whose raters mistake a fifth of the answers: docs/dpo.md has
/// the table.
struct DpoLossOptions {
  std::vector<DpoLoss> loss_type = {DpoLoss::sigmoid};
  std::vector<double> loss_weights;  // none: 1 each
  PairLossOptions losses{.beta = 1};
  DivergenceType f_divergence_type = DivergenceType::reverse_kl;
  double f_alpha_divergence_coef = 0.5;
  std::optional<double> ld_alpha;  // of the tokens beyond the shorter side's length; absent: 1
  bool use_weighting = false;      // WPO
};
void declare(Options& options, DpoLossOptions& dpo);

/// Against a reference. UsageError when options contradict each other.
PairObjective objective_of(const DpoLossOptions& dpo);

}  // namespace nudge
