#include "objectives/unpaired/kto_objective.h"

#include "objectives/unpaired/kto.h"

namespace nudge {

void declare(Options& options, KtoLossOptions& kto) {
  options.choose("loss_type", kto.loss_type, "apo_zero_unpaired has its reference point at 0.");
  options.add("beta", kto.beta, "Strength of the leash.").within(above(0));
}

LabelledObjective objective_of(const KtoLossOptions& options) {
  LabelledObjective objective{
      .loss = [beta = options.beta](const at::Tensor& ratio, const at::Tensor& desirable,
                                    double kl) { return kto(ratio, desirable, beta, kl); },
      .beta = options.beta};
  if (options.loss_type == KtoLoss::kto) {
    objective.anchor = Anchor::mismatched_kl;
    objective.anchor_metric = "kl";
  }
  return objective;
}

}  // namespace nudge
