#include "base/options.h"
#include "cli/commands.h"
#include "cli/optimise/labels_command.h"
#include "objectives/program.h"

namespace nudge {
namespace {

struct KtoCommand {
  LabelsCommand labels;
  KtoOptions kto;
  Program compat = Program::none;
};

std::vector<Preset<KtoCommand>> kto_defaults_of(Program program) {
  if (program == Program::none) return {};
  return {{"compat trl (its defaults)", [](KtoCommand& config) {
             config.kto.loss.beta = 0.1;
             config.labels.learn_behind_answer = true;
           }}};
}

void declare(Options& options, KtoCommand& config) {
  declare(options, config.labels, config.kto.training);
  options.section("Loss");
  declare(options, config.kto.loss);
  options.choose("compat", config.compat, {Program::none, Program::trl},
                 "Whose defaults; none: nudge's, which noisy raters do no harm (docs/dpo.md).");
  options.presets<KtoCommand>({"compat"}, config, [&config] { return kto_defaults_of(config.compat); });
  declare(options, config.kto.weights);
}

}  // namespace

int run_kto(std::span<const std::string> arguments) {
  KtoCommand config;
  Options options("kto", "Learns from single answers that somebody liked or did not (KTO).");
  declare(options, config);
  options.start_with({"beta", "learning_rate"},
                     "nudge kto --model runs/sft --dataset liked.jsonl --output_dir runs/kto");
  if (!options.parse(arguments)) return 0;
  return run_labels("kto", config.labels, config.kto.training, options, objective_of(config.kto.loss),
                    [&](const Decoder&, const LabelledTokens& data, std::int64_t learned) {
                      return label_weights(data, learned, config.kto.weights);
                    });
}

}  // namespace nudge
