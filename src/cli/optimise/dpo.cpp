#include "assembly/dpo_reference.h"
#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/optimise/pairs_command.h"
#include "objectives/program.h"

namespace nudge {
namespace {

struct DpoCommand {
  PairsCommand pairs;
  DpoOptions dpo;
  Program compat = Program::none;
  DpoReferenceOptions reference;
};

std::vector<Preset<DpoCommand>> dpo_defaults_of(Program program) {
  if (program == Program::none) return {};
  return {{"compat " + name_of(program) + " (its defaults)", [program](DpoCommand& config) {
             config.dpo.loss.losses.beta = 0.1;
             config.dpo.loss.losses.conventions = conventions_of(program);
             if (program == Program::trl) config.pairs.learn_behind_answer = true;
           }}};
}

void declare(Options& options, DpoCommand& config) {
  declare(options, config.pairs, config.dpo.training);
  options.section("Loss");
  declare(options, config.dpo.loss);
  options.choose(
      "compat", config.compat, {Program::none, Program::trl, Program::openrlhf},
      "Whose defaults, and whose arithmetic where one name means two; none: nudge's defaults, which "
      "noisy raters do no harm, and TRL's arithmetic.");
  options.presets<DpoCommand>({"compat"}, config, [&config] { return dpo_defaults_of(config.compat); });
  declare(options, config.reference);
  options.rule([&config] {
    if (config.pairs.lora.use_peft && config.reference.sync_ref_model)
      throw UsageError(
          "--sync_ref_model mixes weights, and those of two adapters do not mix into the weights of their "
          "sum; "
          "leave it out, or --use_peft.");
  });
}

}  // namespace

int run_dpo(std::span<const std::string> arguments) {
  DpoCommand config;
  Options options("dpo", "Learns from preference pairs without a reward model: DPO and its kin.");
  declare(options, config);
  options.start_with({"beta", "learning_rate"},
                     "nudge dpo --model runs/sft --dataset pairs.jsonl --output_dir runs/dpo");
  if (!options.parse(arguments)) return 0;
  const auto& [loss, training] = config.dpo;
  if (config.compat != Program::none)
    for (const std::string& line : described(loss.losses.conventions))
      say("dpo --compat " + name_of(config.compat) + ": " + line);
  PairObjective objective = objective_of(loss);
  objective.referenced = !config.reference.reference_free;
  return run_pairs("dpo", config.pairs, training, options, objective,
                   [&](const LoadedModel& policy, const PreferenceTokens& data) {
                     return dpo_reference(config.reference, config.pairs.models, policy, data,
                                          config.dpo.training.batch.micro_batch_tokens, config.pairs.run);
                   });
}

}  // namespace nudge
