#include "objectives/unpaired/kto.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/optimise/unpaired_command.h"
#include "objectives/program.h"

namespace nudge {
namespace {

struct KtoCommand {
  UnpairedCommand labelled;
  std::string loss_type = "kto";
  Program compat = Program::none;
  double beta = 3, desirable_weight = 1, undesirable_weight = 1;
};

UnpairedObjective objective_of(const KtoCommand& config) {
  UnpairedObjective objective{.beta = config.beta};
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

std::vector<float> weights_of(const LabelledTokens& data, const KtoCommand& config) {
  std::vector<float> weights;
  for (const auto& example : data.examples)
    weights.push_back(
        static_cast<float>(example.desirable ? config.desirable_weight : config.undesirable_weight));
  return weights;
}

// Eq. 8 of the paper: the two sides, weights included, should not be more than a third apart.
void warn_of_imbalance(const LabelledTokens& data, const KtoCommand& config, std::int64_t learned) {
  const auto desirable =
      static_cast<double>(std::count_if(data.examples.begin(), data.examples.begin() + learned,
                                        [](const auto& each) { return each.desirable; }));
  const double other = static_cast<double>(learned) - desirable;
  const double ratio = desirable * config.desirable_weight / std::max(1.0, other * config.undesirable_weight);
  if (desirable == 0 || other == 0 || ratio < 1 / 1.33 || ratio > 1.33)
    warn(
        fmt::format("kto: {} desirable and {} other completions weigh {:.2f} to 1; --desirable_weight or "
                    "--undesirable_weight should bring that into [0.75, 1.33].",
                    desirable, other, ratio));
}

std::vector<Preset<KtoCommand>> kto_defaults_of(Program program) {
  if (program == Program::none) return {};
  return {{"compat trl (its defaults)", [](KtoCommand& config) {
             config.beta = 0.1;
             config.labelled.learn_behind_answer = true;
           }}};
}

void declare(Options& options, KtoCommand& config) {
  declare(options, config.labelled);
  options.section("Loss");
  options.choose("loss_type", config.loss_type, {"kto", "apo_zero_unpaired"},
                 "apo_zero_unpaired has its reference point at 0.");
  options.add("beta", config.beta, "Strength of the leash.").within(above(0));
  options.choose("compat", config.compat, {Program::none, Program::trl},
                 "Whose defaults; none: nudge's, which noisy raters do no harm (docs/dpo.md).");
  options.presets<KtoCommand>({"compat"}, config, [&config] { return kto_defaults_of(config.compat); });
  options.add("desirable_weight", config.desirable_weight, "Weight of the desirable completions.")
      .within(at_least(0));
  options.add("undesirable_weight", config.undesirable_weight, "Weight of the others.").within(at_least(0));
}

}  // namespace

int run_kto(std::span<const std::string> arguments) {
  KtoCommand config;
  config.labelled.training.optimizer.learning_rate = 1e-6;
  Options options("kto", "Learns from single answers that somebody liked or did not (KTO).");
  declare(options, config);
  options.start_with({"beta", "learning_rate"},
                     "nudge kto --model runs/sft --dataset liked.jsonl --output_dir runs/kto");
  if (!options.parse(arguments)) return 0;
  return run_unpaired("kto", config.labelled, options, objective_of(config),
                      [&](const Decoder&, const LabelledTokens& data, std::int64_t learned) {
                        warn_of_imbalance(data, config, learned);
                        return weights_of(data, config);
                      });
}

}  // namespace nudge
