#include "objectives/pairs/orpo_objective.h"

#include "objectives/pairs/odds_ratio.h"

namespace nudge {

void declare(Options& options, OrpoLossOptions& orpo) {
  options.add("beta", orpo.beta, "Weight of the odds ratio beside the likelihood; the paper's lambda.")
      .within(at_least(0));
  options.add("nll_on_prompt", orpo.nll_on_prompt,
              "Take the likelihood over the prompt's tokens too, as the paper's code and TRL do.");
}

PairObjective objective_of(const OrpoLossOptions& orpo) {
  return {.losses = {{1, [beta = orpo.beta](const PairTerms& p) { return odds_ratio(p, beta); }}},
          .likelihood = {.weight = 1, .with_prompt = orpo.nll_on_prompt},
          .referenced = false,
          .beta = orpo.beta,
          .averages = true,
          .metrics = {{"log_odds_ratio", [](const PairTerms& p) { return at::log_sigmoid(log_odds(p)); }},
                      {"log_odds_chosen", log_odds}}};
}

}  // namespace nudge
