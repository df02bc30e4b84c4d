#include "base/options.h"
#include "cli/commands.h"
#include "cli/optimise/pairs_command.h"

namespace nudge {

int run_tpo(std::span<const std::string> arguments) {
  PairsCommand pairs;
  TpoOptions tpo;
  Options options("tpo", "Learns from triples: a chosen, a rejected and the best known answer (TPO).");
  declare(options, pairs, tpo.training);
  options.section("Loss");
  declare(options, tpo.loss);
  options.start_with({"loss_type", "beta"},
                     "nudge tpo --model runs/sft --dataset triples.jsonl --output_dir runs/tpo");
  if (!options.parse(arguments)) return 0;
  return run_pairs("tpo", pairs, tpo.training, options, objective_of(tpo.loss), without_reference);
}

}  // namespace nudge
