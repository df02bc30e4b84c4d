#include "base/options.h"
#include "cli/commands.h"
#include "cli/optimise/paired_command.h"
#include "objectives/pairs/alpha_reward.h"

namespace nudge {
namespace {

struct CpoCommand {
  PairedCommand pairs;
  std::string loss_type = "sigmoid";
  PairLossOptions losses;
  double cpo_alpha = 1, simpo_gamma = 0.5, alpha = 0;
};

void declare(Options& options, CpoCommand& config) {
  declare(options, config.pairs);
  options.section("Loss");
  options.choose(
      "loss_type", config.loss_type, {"sigmoid", "hinge", "ipo", "simpo", "alphapo"},
      "sigmoid is CPO's own; simpo and ipo average over tokens; alphapo is simpo with cpo_alpha 0.");
  options.add("beta", config.losses.beta, "Temperature of the preference term.").within(above(0));
  options
      .add("label_smoothing", config.losses.label_smoothing,
           "Share of labels believed flipped (sigmoid, simpo).")
      .within(from_below(0, 1));
  options
      .add("cpo_alpha", config.cpo_alpha,
           "Weight of the chosen completion's likelihood; 0 for SimPO as published.")
      .within(at_least(0));
  options.add("simpo_gamma", config.simpo_gamma, "Margin that simpo asks for.").within(at_least(0));
  options.add("alpha", config.alpha, "AlphaPO's exponent: rewards (1 - p^-alpha) / alpha; 0: log p.")
      .within(any_number());
}

PairObjective objective_of(const CpoCommand& config) {
  const bool alphapo = config.loss_type == "alphapo";
  const NamedPairLoss preference =
      parse_unreferenced_loss(alphapo ? "simpo" : config.loss_type, config.losses, config.simpo_gamma);
  return {.losses = {{1, preference.loss}},
          .likelihood = {.weight = alphapo ? 0 : config.cpo_alpha},
          .referenced = false,
          .beta = config.losses.beta,
          .averages = preference.of_averages,
          .reward = [alpha = config.alpha](const at::Tensor& x) { return alpha_reward(x, alpha); }};
}

}  // namespace

int run_cpo(std::span<const std::string> arguments) {
  CpoCommand config;
  config.pairs.training.optimizer.learning_rate = 1e-6;
  Options options("cpo", "Learns from preference pairs without a reference: CPO, SimPO, AlphaPO.");
  declare(options, config);
  options.start_with({"loss_type", "beta"},
                     "nudge cpo --model runs/sft --dataset pairs.jsonl --output_dir runs/cpo");
  if (!options.parse(arguments)) return 0;
  return run_paired(
      "cpo", config.pairs, options, objective_of(config),
      [](const LoadedModel&, const PreferenceTokens& data) { return no_reference(data.completions); });
}

}  // namespace nudge
