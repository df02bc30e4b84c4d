#include <cmath>

#include "base/option_check.h"
#include "base/options.h"
#include "cli/commands.h"
#include "cli/paired_command.h"
#include "objectives/pairs/odds_ratio.h"

namespace nudge {
namespace {

struct OrpoCommand {
  PairedCommand pairs;
  double beta = 0.1;
  bool nll_on_prompt = true;
};

PairObjective objective_of(const OrpoCommand& config) {
  check_option(config.beta >= 0 && std::isfinite(config.beta), "beta", "a number, 0 or more", config.beta);
  PairObjective objective{.likelihood = {.weight = 1, .with_prompt = config.nll_on_prompt},
                          .referenced = false,
                          .beta = config.beta,
                          .averages = true};
  objective.losses.emplace_back(1, [beta = config.beta](const PairTerms& p) { return odds_ratio(p, beta); });
  objective.metrics = {{"log_odds_ratio", [](const PairTerms& p) { return at::log_sigmoid(log_odds(p)); }},
                       {"log_odds_chosen", log_odds}};
  return objective;
}

}  // namespace

int run_orpo(std::span<const std::string> arguments) {
  OrpoCommand config;
  config.pairs.training.optimizer.learning_rate = 1e-6;
  Options options("orpo", "Fine-tunes and learns preferences in one run, without a reference (ORPO).");
  declare(options, config.pairs);
  options.section("Loss");
  options.add("beta", config.beta, "Weight of the odds ratio beside the likelihood; the paper's lambda.");
  options.add("nll_on_prompt", config.nll_on_prompt,
              "Take the likelihood over the prompt's tokens too, as the paper's code and TRL do.");
  if (!options.parse(arguments)) return 0;
  return run_paired(
      "orpo", config.pairs, options, objective_of(config),
      [](const LoadedModel&, const PreferenceTokens& data) { return no_reference(data.completions); });
}

}  // namespace nudge
