#include "objectives/pairs/dpo_objective.h"

#include "base/error.h"

namespace nudge {
namespace {

void refuse_dpo(bool bad, const std::string& what) {
  if (bad) throw UsageError("dpo: " + what);
}

void check(const DpoLossOptions& dpo) {
  refuse_dpo(!dpo.loss_weights.empty() && dpo.loss_weights.size() != dpo.loss_type.size(),
             fmt::format("--loss_weights needs one number for each of the {} losses, but got {}.",
                         dpo.loss_type.size(), dpo.loss_weights.size()));
  bool smoothed = false;
  for (const DpoLoss type : dpo.loss_type) {
    if (type == DpoLoss::sft) continue;
    const KnownPairLoss known = pair_loss(type, dpo.losses);
    refuse_dpo(
        !known.of_divergence && dpo.f_divergence_type != DivergenceType::reverse_kl,
        fmt::format("the loss {} is not made of a divergence, so --f_divergence_type {} cannot change it.",
                    name_of(type), name_of(dpo.f_divergence_type)));
    refuse_dpo(known.over_step && dpo.use_weighting,
               fmt::format("--use_weighting weighs single pairs, and {} compares them with one another.",
                           name_of(type)));
    smoothed = smoothed || known.smoothed;
  }
  refuse_dpo(
      dpo.losses.label_smoothing > 0 && !smoothed,
      "--label_smoothing changes none of these losses; use robust, or sigmoid with --compat openrlhf.");
}

}  // namespace

void declare(Options& options, DpoLossOptions& dpo) {
  options.rule([&dpo] { check(dpo); });
  options.choose("loss_type", dpo.loss_type, "");
  options.add("loss_weights", dpo.loss_weights, "Weight of each; none: 1 each.").within(at_least(0));
  options.add("beta", dpo.losses.beta, "Strength of the leash; ipo's tau.").within(above(0));
  options
      .add("label_smoothing", dpo.losses.label_smoothing,
           "Share of labels believed flipped: robust, exo_pair, aot (and sigmoid with --compat openrlhf).")
      .within(from_below(0, 1));
  options.add("discopop_tau", dpo.losses.discopop_tau, "Temperature of the gate of discopop.")
      .within(above(0));
  options.choose("f_divergence_type", dpo.f_divergence_type, "The leash.");
  options.add("f_alpha_divergence_coef", dpo.f_alpha_divergence_coef, "Alpha of alpha_divergence.")
      .within(any_number());
  options
      .add("ld_alpha", dpo.ld_alpha,
           "Weight of the tokens beyond the shorter side's length (LD-DPO); absent: 1.")
      .within(between(0, 1));
  options.add("use_weighting", dpo.use_weighting,
              "Weigh each pair by how likely the policy is to say it (WPO).");
}

PairObjective objective_of(const DpoLossOptions& dpo) {
  check(dpo);
  PairObjective objective{.beta = dpo.losses.beta,
                          .divergence = divergence_of(dpo.f_divergence_type, dpo.f_alpha_divergence_coef),
                          .tail_weight = dpo.ld_alpha.value_or(1),
                          .weigh_by_policy = dpo.use_weighting};
  for (std::size_t i = 0; i < dpo.loss_type.size(); ++i) {
    const double weight = dpo.loss_weights.empty() ? 1 : dpo.loss_weights[i];
    if (dpo.loss_type[i] == DpoLoss::sft) {
      objective.likelihood.weight += weight;
      objective.likelihood.per_token = dpo.losses.conventions.nll_per_token;
      continue;
    }
    const KnownPairLoss known = pair_loss(dpo.loss_type[i], dpo.losses);
    objective.over_step = objective.over_step || known.over_step;
    objective.losses.emplace_back(weight, known.loss);
  }
  return objective;
}

}  // namespace nudge
