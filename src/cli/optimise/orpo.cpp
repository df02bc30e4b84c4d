#include "base/options.h"
#include "cli/commands.h"
#include "cli/optimise/pairs_command.h"

namespace nudge {

int run_orpo(std::span<const std::string> arguments) {
  PairsCommand pairs;
  OrpoOptions orpo;
  Options options("orpo", "Fine-tunes and learns preferences in one run, without a reference (ORPO).");
  declare(options, pairs, orpo.training);
  options.section("Loss");
  declare(options, orpo.loss);
  options.start_with({"beta", "learning_rate"},
                     "nudge orpo --model base --dataset pairs.jsonl --output_dir runs/orpo");
  if (!options.parse(arguments)) return 0;
  return run_pairs("orpo", pairs, orpo.training, options, objective_of(orpo.loss), without_reference);
}

}  // namespace nudge
