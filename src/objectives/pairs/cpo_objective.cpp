#include "objectives/pairs/cpo_objective.h"

#include "objectives/pairs/alpha_reward.h"

namespace nudge {

void declare(Options& options, CpoLossOptions& cpo) {
  using enum UnreferencedLoss;
  options.rule([&cpo] { unreferenced_loss(cpo.loss_type, cpo.losses); });
  options.choose("loss_type", cpo.loss_type, {sigmoid, hinge, ipo, simpo, alphapo},
                 "sigmoid is CPO's own; simpo and ipo average over tokens; alphapo is simpo with cpo_alpha "
                 "0.");
  options.add("beta", cpo.losses.beta, "Temperature of the preference term.").within(above(0));
  options
      .add("label_smoothing", cpo.losses.label_smoothing,
           "Share of labels believed flipped (sigmoid, simpo).")
      .within(from_below(0, 1));
  options
      .add("cpo_alpha", cpo.cpo_alpha,
           "Weight of the chosen completion's likelihood; 0 for SimPO as published.")
      .within(at_least(0));
  options.add("simpo_gamma", cpo.losses.margin, "Margin that simpo asks for.").within(at_least(0));
  options.add("alpha", cpo.alpha, "AlphaPO's exponent: rewards (1 - p^-alpha) / alpha; 0: log p.")
      .within(any_number());
}

PairObjective objective_of(const CpoLossOptions& cpo) {
  return {.losses = {{1, unreferenced_loss(cpo.loss_type, cpo.losses)}},
          .likelihood = {.weight = cpo.loss_type == UnreferencedLoss::alphapo ? 0 : cpo.cpo_alpha},
          .referenced = false,
          .beta = cpo.losses.beta,
          .averages = of_averages(cpo.loss_type),
          .reward = [alpha = cpo.alpha](const at::Tensor& x) { return alpha_reward(x, alpha); }};
}

}  // namespace nudge
