#include "objectives/unpaired/bco_objective.h"

#include "objectives/unpaired/bco.h"

namespace nudge {

void declare(Options& options, BcoLossOptions& bco) {
  options.add("beta", bco.beta, "Strength of the leash.").within(above(0));
}

LabelledObjective objective_of(const BcoLossOptions& options) {
  return {.loss = [beta = options.beta](const at::Tensor& ratio, const at::Tensor& desirable,
                                        double delta) { return bco(ratio, desirable, beta, delta); },
          .anchor = Anchor::running_mean,
          .anchor_metric = "delta",
          .beta = options.beta};
}

}  // namespace nudge
