#include "base/options.h"
#include "cli/commands.h"
#include "cli/optimise/paired_command.h"
#include "objectives/pairs/odds_ratio.h"

namespace nudge {
namespace {

struct OrpoCommand {
  PairedCommand pairs;
  double beta = 0.1;
  bool nll_on_prompt = true;
};

PairObjective objective_of(const OrpoCommand& config) {
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
  options.add("beta", config.beta, "Weight of the odds ratio beside the likelihood; the paper's lambda.")
      .within(at_least(0));
  options.add("nll_on_prompt", config.nll_on_prompt,
              "Take the likelihood over the prompt's tokens too, as the paper's code and TRL do.");
  options.start_with({"beta", "learning_rate"},
                     "nudge orpo --model base --dataset pairs.jsonl --output_dir runs/orpo");
  if (!options.parse(arguments)) return 0;
  return run_paired(
      "orpo", config.pairs, options, objective_of(config),
      [](const LoadedModel&, const PreferenceTokens& data) { return no_reference(data.completions); });
}

}  // namespace nudge
