#include "base/options.h"
#include "cli/commands.h"
#include "cli/optimise/labels_command.h"

namespace nudge {

int run_bco(std::span<const std::string> arguments) {
  LabelsCommand labels;
  BcoOptions bco;
  Options options("bco", "Learns a classifier of liked and disliked answers as a policy (BCO).");
  declare(options, labels, bco.training);
  options.section("Loss");
  declare(options, bco.loss);
  declare(options, bco.weights);
  options.start_with({"beta", "learning_rate"},
                     "nudge bco --model runs/sft --dataset liked.jsonl --output_dir runs/bco");
  if (!options.parse(arguments)) return 0;
  return run_labels("bco", labels, bco.training, options, objective_of(bco.loss),
                    [&](const Decoder& reference, const LabelledTokens& data, std::int64_t learned) {
                      if (!bco.weights.match_underlying_distribution)
                        return std::vector<float>(data.examples.size(), 1);
                      return density_weights(reference, data, learned, bco.weights,
                                             bco.training.batch.micro_batch_tokens, labels.run.seed);
                    });
}

}  // namespace nudge
