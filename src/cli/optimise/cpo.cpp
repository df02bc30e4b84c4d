#include "base/options.h"
#include "cli/commands.h"
#include "cli/optimise/pairs_command.h"

namespace nudge {

int run_cpo(std::span<const std::string> arguments) {
  PairsCommand pairs;
  CpoOptions cpo;
  Options options("cpo", "Learns from preference pairs without a reference: CPO, SimPO, AlphaPO.");
  declare(options, pairs, cpo.training);
  options.section("Loss");
  declare(options, cpo.loss);
  options.start_with({"loss_type", "beta"},
                     "nudge cpo --model runs/sft --dataset pairs.jsonl --output_dir runs/cpo");
  if (!options.parse(arguments)) return 0;
  return run_pairs("cpo", pairs, cpo.training, options, objective_of(cpo.loss), without_reference);
}

}  // namespace nudge
