#include "objectives/unpaired/bco.h"

#include "algorithms/density_ratio.h"
#include "base/error.h"
#include "base/options.h"
#include "cli/commands.h"
#include "cli/optimise/unpaired_command.h"

namespace nudge {

int run_bco(std::span<const std::string> arguments) {
  UnpairedCommand config;
  config.training.optimizer.learning_rate = 5e-7;
  DensityRatioOptions ratio;
  double beta = 0.1;
  Options options("bco", "Learns a classifier of liked and disliked answers as a policy (BCO).");
  declare(options, config);
  options.section("Loss");
  options.add("beta", beta, "Strength of the leash.").within(above(0));
  declare(options, ratio);
  options.start_with({"beta", "learning_rate"},
                     "nudge bco --model runs/sft --dataset liked.jsonl --output_dir runs/bco");
  if (!options.parse(arguments)) return 0;
  const UnpairedObjective objective{
      .loss = [beta](const at::Tensor& ratio, const at::Tensor& desirable,
                     double delta) { return bco(ratio, desirable, beta, delta); },
      .anchor = Anchor::running_mean,
      .anchor_metric = "delta",
      .beta = beta};
  if (ratio.min_density_ratio > ratio.max_density_ratio)
    throw UsageError(fmt::format("--min_density_ratio {} is more than --max_density_ratio {}.",
                                 ratio.min_density_ratio, ratio.max_density_ratio));
  return run_unpaired("bco", config, options, objective,
                      [&](const Decoder& reference, const LabelledTokens& data, std::int64_t learned) {
                        if (!ratio.match_underlying_distribution)
                          return std::vector<float>(data.examples.size(), 1);
                        return density_weights(reference, data, learned, ratio,
                                               config.training.micro_batch_tokens, config.run.seed);
                      });
}

}  // namespace nudge
