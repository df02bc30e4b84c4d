#include "base/options.h"
#include "cli/commands.h"
#include "cli/optimise/paired_command.h"

namespace nudge {
namespace {

struct TpoCommand {
  PairedCommand pairs;
  std::string loss_type = "sigmoid";
  PairLossOptions losses{.beta = 0.01};
  double tpo_alpha = 1, tpo_l_gamma = 0.5;
};

void declare(Options& options, TpoCommand& config) {
  declare(options, config.pairs);
  options.section("Loss");
  options.choose("loss_type", config.loss_type, {"sigmoid", "hinge", "ipo", "tpo-l"},
                 "ipo and tpo-l average over tokens.");
  options.add("beta", config.losses.beta, "Temperature of the preference term.").within(above(0));
  options
      .add("label_smoothing", config.losses.label_smoothing,
           "Share of labels believed flipped (sigmoid, tpo-l).")
      .within(from_below(0, 1));
  options
      .add("tpo_alpha", config.tpo_alpha,
           "Weight of the likelihood of the best answer, the column reference.")
      .within(at_least(0));
  options.add("tpo_l_gamma", config.tpo_l_gamma, "Margin that tpo-l asks for.").within(at_least(0));
}

PairObjective objective_of(const TpoCommand& config) {
  const NamedPairLoss preference = parse_unreferenced_loss(
      config.loss_type == "tpo-l" ? "simpo" : config.loss_type, config.losses, config.tpo_l_gamma);
  return {.losses = {{1, preference.loss}},
          .likelihood = {.weight = config.tpo_alpha, .of_gold = true},
          .referenced = false,
          .beta = config.losses.beta,
          .averages = preference.of_averages};
}

}  // namespace

int run_tpo(std::span<const std::string> arguments) {
  TpoCommand config;
  config.pairs.training.optimizer.learning_rate = 5e-7;
  Options options("tpo", "Learns from triples: a chosen, a rejected and the best known answer (TPO).");
  declare(options, config);
  options.start_with({"loss_type", "beta"},
                     "nudge tpo --model runs/sft --dataset triples.jsonl --output_dir runs/tpo");
  if (!options.parse(arguments)) return 0;
  return run_paired(
      "tpo", config.pairs, options, objective_of(config),
      [](const LoadedModel&, const PreferenceTokens& data) { return no_reference(data.completions); },
      /*gold=*/config.tpo_alpha != 0);
}

}  // namespace nudge
