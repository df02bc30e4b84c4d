#pragma once

#include "base/options.h"
#include "objectives/unpaired/labelled_objective.h"

namespace nudge {

/// What BCO (Jung et al. 2024) minimises. Names as in TRL's BCOConfig.
struct BcoLossOptions {
  double beta = 0.1;
};
void declare(Options& options, BcoLossOptions& bco);

LabelledObjective objective_of(const BcoLossOptions& bco);

}  // namespace nudge
