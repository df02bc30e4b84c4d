#pragma once

#include "base/names.h"
#include "base/options.h"
#include "objectives/unpaired/labelled_objective.h"

namespace nudge {

/// `apo_zero_unpaired` is KTO with its reference point at 0.
enum class KtoLoss { kto, apo_zero_unpaired };
constexpr auto names_table(KtoLoss) {
  return std::to_array<Named<KtoLoss>>(
      {{KtoLoss::kto, "kto"}, {KtoLoss::apo_zero_unpaired, "apo_zero_unpaired"}});
}

/// What KTO (Ethayarajh et al. 2024) minimises. Names as in TRL's KTOConfig. TRL's leash of 0.1 did harm
/// where raters are noisy (docs/dpo.md).
struct KtoLossOptions {
  KtoLoss loss_type = KtoLoss::kto;
  double beta = 3;
};
void declare(Options& options, KtoLossOptions& kto);

LabelledObjective objective_of(const KtoLossOptions& kto);

}  // namespace nudge
