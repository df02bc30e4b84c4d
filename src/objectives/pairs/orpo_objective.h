#pragma once

#include "base/options.h"
#include "objectives/pairs/pair_objective.h"

namespace nudge {

/// What ORPO (Hong et al. 2024) minimises: a likelihood and an odds ratio. Names as in TRL's ORPOConfig.
struct OrpoLossOptions {
  double beta = 0.1;          // weight of the odds ratio; the paper's lambda
  bool nll_on_prompt = true;  // the likelihood is taken over the prompt's tokens too
};
void declare(Options& options, OrpoLossOptions& orpo);

/// Without a reference.
PairObjective objective_of(const OrpoLossOptions& orpo);

}  // namespace nudge
