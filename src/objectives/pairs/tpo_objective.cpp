#include "objectives/pairs/tpo_objective.h"

namespace nudge {

void declare(Options& options, TpoLossOptions& tpo) {
  using enum UnreferencedLoss;
  options.rule([&tpo] { unreferenced_loss(tpo.loss_type, tpo.losses); });
  options.choose("loss_type", tpo.loss_type, {sigmoid, hinge, ipo, tpo_l},
                 "ipo and tpo-l average over tokens.");
  options.add("beta", tpo.losses.beta, "Temperature of the preference term.").within(above(0));
  options
      .add("label_smoothing", tpo.losses.label_smoothing,
           "Share of labels believed flipped (sigmoid, tpo-l).")
      .within(from_below(0, 1));
  options
      .add("tpo_alpha", tpo.tpo_alpha, "Weight of the likelihood of the best answer, the column reference.")
      .within(at_least(0));
  options.add("tpo_l_gamma", tpo.losses.margin, "Margin that tpo-l asks for.").within(at_least(0));
}

PairObjective objective_of(const TpoLossOptions& tpo) {
  return {.losses = {{1, unreferenced_loss(tpo.loss_type, tpo.losses)}},
          .likelihood = {.weight = tpo.tpo_alpha, .of_best = true},
          .referenced = false,
          .beta = tpo.losses.beta,
          .averages = of_averages(tpo.loss_type)};
}

}  // namespace nudge
