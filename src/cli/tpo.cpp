#include "base/error.h"
#include "base/options.h"
#include "cli/commands.h"
#include "cli/paired_command.h"
#include "objectives/pairs/hinge.h"
#include "objectives/pairs/ipo.h"
#include "objectives/pairs/sigmoid.h"
#include "objectives/pairs/simpo.h"

namespace nudge {
namespace {

struct TpoCommand {
  PairedCommand pairs;
  std::string loss_type = "sigmoid";
  double beta = 0.01, label_smoothing = 0;
  double tpo_alpha = 1, tpo_l_gamma = 0.5;
};

void declare(Options& options, TpoCommand& config) {
  declare(options, config.pairs);
  options.section("Loss");
  options.choose("loss_type", config.loss_type, {"sigmoid", "hinge", "ipo", "tpo-l"},
                 "ipo and tpo-l average over tokens.");
  options.add("beta", config.beta, "Temperature of the preference term.");
  options.add("label_smoothing", config.label_smoothing,
              "Share of labels believed flipped (sigmoid, tpo-l).");
  options.add("tpo_alpha", config.tpo_alpha,
              "Weight of the likelihood of the best answer, the column reference.");
  options.add("tpo_l_gamma", config.tpo_l_gamma, "Margin that tpo-l asks for.");
}

PairLoss preference_of(const TpoCommand& c) {
  using Pairs = const PairTerms&;
  const double beta = c.beta, gamma = c.tpo_l_gamma, e = c.label_smoothing;
  if (c.loss_type == "sigmoid") return [=](Pairs p) { return sigmoid(p, beta, e); };
  if (c.loss_type == "hinge") return [=](Pairs p) { return hinge(p, beta); };
  if (c.loss_type == "tpo-l") return [=](Pairs p) { return simpo(p, beta, gamma, e); };
  if (!(beta > 0)) throw UsageError("tpo: the loss ipo needs a --beta above 0, because it divides by it.");
  return [=](Pairs p) { return ipo_of_sums(p, beta); };  // of averages already
}

PairObjective objective_of(const TpoCommand& config) {
  PairObjective objective{.likelihood = {.weight = config.tpo_alpha, .of_gold = true},
                          .referenced = false,
                          .beta = config.beta,
                          .averages = config.loss_type == "ipo" || config.loss_type == "tpo-l"};
  objective.losses.emplace_back(1, preference_of(config));
  return objective;
}

}  // namespace

int run_tpo(std::span<const std::string> arguments) {
  TpoCommand config;
  config.pairs.training.optimizer.learning_rate = 5e-7;
  Options options("tpo", "Learns from triples: a chosen, a rejected and the best known answer (TPO).");
  declare(options, config);
  if (!options.parse(arguments)) return 0;
  return run_paired(
      "tpo", config.pairs, options, objective_of(config),
      [](const LoadedModel&, const PreferenceTokens& data) { return no_reference(data.completions); },
      /*gold=*/config.tpo_alpha != 0);
}

}  // namespace nudge
