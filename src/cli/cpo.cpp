#include "base/error.h"
#include "base/options.h"
#include "cli/commands.h"
#include "cli/paired_command.h"
#include "objectives/pairs/alpha_reward.h"
#include "objectives/pairs/hinge.h"
#include "objectives/pairs/ipo.h"
#include "objectives/pairs/sigmoid.h"
#include "objectives/pairs/simpo.h"

namespace nudge {
namespace {

struct CpoCommand {
  PairedCommand pairs;
  std::string loss_type = "sigmoid";
  double beta = 0.1, label_smoothing = 0;
  double cpo_alpha = 1, simpo_gamma = 0.5, alpha = 0;
};

void declare(Options& options, CpoCommand& config) {
  declare(options, config.pairs);
  options.section("Loss");
  options.choose(
      "loss_type", config.loss_type, {"sigmoid", "hinge", "ipo", "simpo", "alphapo"},
      "sigmoid is CPO's own; simpo and ipo average over tokens; alphapo is simpo with cpo_alpha 0.");
  options.add("beta", config.beta, "Temperature of the preference term.");
  options.add("label_smoothing", config.label_smoothing,
              "Share of labels believed flipped (sigmoid, simpo).");
  options.add("cpo_alpha", config.cpo_alpha,
              "Weight of the chosen completion's likelihood; 0 for SimPO as published.");
  options.add("simpo_gamma", config.simpo_gamma, "Margin that simpo asks for.");
  options.add("alpha", config.alpha, "AlphaPO's exponent: rewards (1 - p^-alpha) / alpha; 0: log p.");
}

PairLoss preference_of(const CpoCommand& c) {
  using Pairs = const PairTerms&;
  const double beta = c.beta, gamma = c.simpo_gamma, e = c.label_smoothing;
  if (c.loss_type == "sigmoid") return [=](Pairs p) { return sigmoid(p, beta, e); };
  if (c.loss_type == "hinge") return [=](Pairs p) { return hinge(p, beta); };
  if (c.loss_type == "ipo") {
    if (!(beta > 0)) throw UsageError("cpo: the loss ipo needs a --beta above 0, because it divides by it.");
    return [=](Pairs p) { return ipo_of_sums(p, beta); };  // of averages already
  }
  return [=](Pairs p) { return simpo(p, beta, gamma, e); };
}

PairObjective objective_of(const CpoCommand& config) {
  const bool alphapo = config.loss_type == "alphapo";
  PairObjective objective{.likelihood = {.weight = alphapo ? 0 : config.cpo_alpha},
                          .referenced = false,
                          .beta = config.beta,
                          .averages = config.loss_type != "sigmoid" && config.loss_type != "hinge"};
  objective.reward = [alpha = config.alpha](const at::Tensor& x) { return alpha_reward(x, alpha); };
  objective.losses.emplace_back(1, preference_of(config));
  return objective;
}

}  // namespace

int run_cpo(std::span<const std::string> arguments) {
  CpoCommand config;
  config.pairs.training.optimizer.learning_rate = 1e-6;
  Options options("cpo", "Learns from preference pairs without a reference: CPO, SimPO, AlphaPO.");
  declare(options, config);
  if (!options.parse(arguments)) return 0;
  return run_paired(
      "cpo", config.pairs, options, objective_of(config),
      [](const LoadedModel&, const PreferenceTokens& data) { return no_reference(data.completions); });
}

}  // namespace nudge
