#include "objectives/unpaired/kto.h"

#include "base/options.h"
#include "cli/commands.h"
#include "cli/unpaired_command.h"

namespace nudge {
namespace {

struct KtoCommand {
  UnpairedCommand labelled;
  std::string loss_type = "kto";
  double beta = 0.1, desirable_weight = 1, undesirable_weight = 1;
};

UnpairedObjective objective_of(const KtoCommand& config) {
  UnpairedObjective objective{.beta = config.beta,
                              .desirable_weight = config.desirable_weight,
                              .undesirable_weight = config.undesirable_weight};
  const double beta = config.beta;
  if (config.loss_type == "kto") {
    objective.anchor = Anchor::mismatched_kl;
    objective.anchor_metric = "kl";
  }
  objective.loss = [beta](const at::Tensor& ratio, const at::Tensor& desirable, double kl) {
    return kto(ratio, desirable, beta, kl);
  };
  return objective;
}

}  // namespace

int run_kto(std::span<const std::string> arguments) {
  KtoCommand config;
  config.labelled.training.optimizer.learning_rate = 1e-6;
  Options options("kto", "Learns from single answers that somebody liked or did not (KTO).");
  declare(options, config.labelled);
  options.section("Loss");
  options.choose("loss_type", config.loss_type, {"kto", "apo_zero_unpaired"},
                 "apo_zero_unpaired has its reference point at 0.");
  options.add("beta", config.beta, "Strength of the leash.");
  options.add("desirable_weight", config.desirable_weight, "Weight of the desirable completions.");
  options.add("undesirable_weight", config.undesirable_weight, "Weight of the others.");
  if (!options.parse(arguments)) return 0;
  return run_unpaired("kto", config.labelled, options, objective_of(config));
}

}  // namespace nudge
