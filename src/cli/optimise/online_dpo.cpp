#include "algorithms/online_dpo.h"

#include "assembly/loaded_model.h"
#include "assembly/lora.h"
#include "assembly/monitors.h"
#include "assembly/named_rewards.h"
#include "assembly/training_prompts.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"

namespace nudge {
namespace {

struct OnlineDpoCommand {
  std::string model;
  std::vector<std::string> dataset;
  RewardChoice rewards;
  MonitorChoice monitors;
  OnlineDpoOptions training;
  DatasetOptions datasets;
  ModelOptions models;
  RunOptions run;
  LoraOptions lora;
};

void declare(Options& options, OnlineDpoCommand& config) {
  options.require("model", config.model, "The SFT model: start of the policy, and the frozen reference.")
      .shown_as("DIR");
  declare(options, config.rewards);
  options
      .require("dataset", config.dataset, "Prompts (JSON Lines); further columns are passed to the reward.")
      .shown_as("FILE");
  declare(options, config.monitors);
  declare_with_model(options, config.datasets);
  declare(options, config.models);
  declare(options, config.run);
  options.nest(config.lora);
  declare(options, config.training);
}

}  // namespace

int run_online_dpo(std::span<const std::string> arguments) {
  OnlineDpoCommand config;
  Options options("online-dpo", "Answers prompts, lets the reward pick, and learns from these pairs by DPO.");
  declare(options, config);
  options.start_with({"reward", "beta"},
                     "nudge online-dpo --model runs/sft --reward runs/reward --dataset prompts.jsonl "
                     "--output_dir runs/online-dpo");
  if (!options.parse(arguments)) return 0;

  LoadedModel policy =
      reading_as(config.datasets, load_policy(config.model, config.models, config.lora, config.run.seed));
  const auto reference = policy.model->reference();
  const auto reward = make_rewards(config.rewards, config.datasets, config.models, policy.tokenizer.get());
  const Monitors monitors(config.monitors, config.datasets, config.models, policy.tokenizer.get());
  const OnlineDpoModels models{*policy.model, *reference, *reward, monitors.all(), policy.format};
  const std::vector<Prompt> prompts =
      read_training_prompts(Dataset::read(config.dataset, config.datasets.split), policy,
                            config.training.rollout.max_new_tokens, config.datasets);
  check_rewards(*reward, prompts, Dataset::name_of(config.dataset));
  for (Reward* monitor : models.monitors) check_rewards(*monitor, prompts, Dataset::name_of(config.dataset));

  return train_in_run(
      config.run, options,
      [&](Run& run) { return train_online_dpo(models, prompts, config.training, config.run, run); },
      after_policy(config.run.output_dir, config.model, config.monitors.first()));
}

}  // namespace nudge
