#include "algorithms/grpo.h"

#include "assembly/compat.h"
#include "assembly/grpo_presets.h"
#include "assembly/loaded_model.h"
#include "assembly/lora.h"
#include "assembly/monitors.h"
#include "assembly/named_rewards.h"
#include "assembly/training_prompts.h"
#include "base/options.h"
#include "cli/commands.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"

namespace nudge {
namespace {

struct GrpoCommand {
  std::string model;
  GrpoMethod preset = GrpoMethod::leashed;
  Program compat = Program::none;
  std::vector<std::string> dataset;
  RewardChoice rewards;
  MonitorChoice monitors;
  bool log_kl = false;
  GrpoOptions training;
  DatasetOptions datasets;
  ModelOptions models;
  RunOptions run;
  LoraOptions lora;
};

// Another program has no method of ours: what it calls grpo is the one of the paper.
std::vector<Preset<GrpoOptions>> presets_of(GrpoCommand& config) {
  if (config.compat != Program::none && config.preset == GrpoMethod::leashed)
    config.preset = GrpoMethod::grpo;
  std::vector<Preset<GrpoOptions>> presets = grpo_of(config.compat, config.preset);
  presets.insert(presets.begin(), grpo_preset(config.preset));
  return presets;
}

void declare(Options& options, GrpoCommand& config) {
  options.require("model", config.model, "The SFT model: start of the policy, and the frozen reference.")
      .shown_as("DIR");
  declare(options, config.rewards);
  options
      .require("dataset", config.dataset, "Prompts (JSON Lines); further columns are passed to the reward.")
      .shown_as("FILE");
  declare(options, config.monitors);
  options.choose("preset", config.preset,
                 "A published method: gives the options below its choices, as their defaults.");
  options.choose("compat", config.compat,
                 "Another program whose arithmetic to follow wherever they disagree, over the preset.");
  options.presets<GrpoOptions>({"preset", "compat"}, config.training,
                               [&config] { return presets_of(config); });
  options.add("log_kl", config.log_kl, "Load the reference and log the KL to it although beta is 0.");
  declare_with_model(options, config.datasets);
  declare(options, config.models);
  declare(options, config.run);
  options.nest(config.lora);
  declare(options, config.training);
}

int train(std::span<const std::string> arguments, const std::string& command, const std::string& summary,
          GrpoMethod preset) {
  GrpoCommand config{.preset = preset};
  Options options(command, summary);
  declare(options, config);
  options.start_with({"reward", "beta"},
                     "nudge " + command +
                         " --model runs/sft --reward number --dataset prompts.jsonl --output_dir runs/" +
                         command);
  if (!options.parse(arguments)) return 0;

  LoadedModel policy =
      reading_as(config.datasets, load_policy(config.model, config.models, config.lora, config.run.seed));
  const bool leashed = config.training.leash.beta != 0 || config.training.leash.max_kl || config.log_kl;
  const auto reference = leashed ? policy.model->reference() : nullptr;
  const auto reward = make_rewards(config.rewards, config.datasets, config.models, policy.tokenizer.get());
  const Monitors monitors(config.monitors, config.datasets, config.models, policy.tokenizer.get());
  const GrpoModels models{*policy.model, reference.get(), *reward, monitors.all(), policy.format};
  const std::vector<Prompt> prompts =
      read_training_prompts(Dataset::read(config.dataset, config.datasets.split), policy,
                            config.training.rollout.max_new_tokens, config.datasets);
  check_rewards(*reward, prompts, Dataset::name_of(config.dataset));
  for (Reward* monitor : models.monitors) check_rewards(*monitor, prompts, Dataset::name_of(config.dataset));

  return train_in_run(
      config.run, options,
      [&](Run& run) { return train_grpo(models, prompts, config.training, config.run, run); },
      after_policy(config.run.output_dir, config.model, config.monitors.first()));
}

}  // namespace

int run_grpo(std::span<const std::string> arguments) {
  return train(arguments, "grpo", "Optimises a policy against a reward by comparing completions of a prompt.",
               GrpoMethod::leashed);
}

int run_rloo(std::span<const std::string> arguments) {
  return train(arguments, "rloo", "nudge grpo with the preset rloo: each completion against the others.",
               GrpoMethod::rloo);
}

int run_reinforce(std::span<const std::string> arguments) {
  return train(arguments, "reinforce", "nudge grpo with the preset reinforce++: no group, no critic.",
               GrpoMethod::reinforce_plus_plus);
}

}  // namespace nudge
