#include "objectives/unpaired/bco.h"

#include "base/options.h"
#include "cli/commands.h"
#include "cli/unpaired_command.h"

namespace nudge {

int run_bco(std::span<const std::string> arguments) {
  UnpairedCommand config;
  config.training.optimizer.learning_rate = 5e-7;
  double beta = 0.1;
  Options options("bco", "Learns a classifier of liked and disliked answers as a policy (BCO).");
  declare(options, config);
  options.section("Loss");
  options.add("beta", beta, "Strength of the leash.");
  if (!options.parse(arguments)) return 0;
  const UnpairedObjective objective{
      .loss = [beta](const at::Tensor& ratio, const at::Tensor& desirable,
                     double delta) { return bco(ratio, desirable, beta, delta); },
      .anchor = Anchor::running_mean,
      .anchor_metric = "delta",
      .beta = beta};
  return run_unpaired("bco", config, options, objective);
}

}  // namespace nudge
