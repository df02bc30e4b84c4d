#include "algorithms/ppo.h"

#include "assembly/compat.h"
#include "assembly/loaded_model.h"
#include "assembly/lora.h"
#include "assembly/monitors.h"
#include "assembly/named_rewards.h"
#include "assembly/training_prompts.h"
#include "base/error.h"
#include "base/options.h"
#include "cli/commands.h"
#include "cli/next_commands.h"
#include "cli/training_run.h"

namespace nudge {
namespace {

struct PpoCommand {
  std::string model, value_model;
  Program compat = Program::none;
  std::vector<std::string> dataset;
  RewardChoice rewards;
  MonitorChoice monitors;
  PpoOptions training;
  DatasetOptions datasets;
  ModelOptions models;
  RunOptions run;
  LoraOptions lora;
};

void declare(Options& options, PpoCommand& config) {
  options.require("model", config.model, "The SFT model: start of the policy, and the frozen reference.")
      .shown_as("DIR");
  declare(options, config.rewards);
  options
      .add("value_model", config.value_model,
           "Start of the value model; empty: the reward model, or the policy under a new head where there "
           "is none, or one with another tokenizer.")
      .shown_as("DIR");
  options.require("dataset", config.dataset, "Prompts (JSON Lines).").shown_as("FILE");
  declare(options, config.monitors);
  options.choose("compat", config.compat,
                 "Another program whose arithmetic to follow wherever they disagree.");
  options.presets<PpoOptions>({"compat"}, config.training, [&config] { return ppo_of(config.compat); });
  declare_with_model(options, config.datasets);
  declare(options, config.models);
  declare(options, config.run);
  options.nest(config.lora);
  declare(options, config.training);
}

std::unique_ptr<Decoder> make_value_model(const PpoCommand& config, const LoadedModel& policy) {
  const std::string reward_model = lone_reward_model(config.rewards);
  const std::string folder = config.value_model.empty() ? reward_model : config.value_model;
  if (folder.empty()) return policy.model->clone_with_scalar_head();
  LoadedModel value = load_scalar_model(folder, config.models);
  const bool reads_text = value.tokenizer->fingerprint() != policy.tokenizer->fingerprint();
  if (reads_text && config.value_model.empty()) return policy.model->clone_with_scalar_head();
  require_same_tokenizer(policy, "--model", value, "the value model");
  return to_train(std::move(value.model), config.lora, config.run.seed);
}

}  // namespace

int run_ppo(std::span<const std::string> arguments) {
  PpoCommand config;
  Options options("ppo", "Optimises a policy against a reward model on a KL leash.");
  declare(options, config);
  options.start_with(
      {"reward", "kl_coef"},
      "nudge ppo --model runs/sft --reward runs/reward --dataset prompts.jsonl --output_dir runs/ppo");
  if (!options.parse(arguments)) return 0;

  LoadedModel policy =
      reading_as(config.datasets, load_policy(config.model, config.models, config.lora, config.run.seed));
  const auto reference = policy.model->reference();
  const auto reward = make_rewards(config.rewards, config.datasets, config.models, policy.tokenizer.get());
  const auto value = make_value_model(config, policy);
  const Monitors monitors(config.monitors, config.datasets, config.models, policy.tokenizer.get());
  const PpoModels models{*policy.model, *reference, *value, *reward, monitors.all(), policy.format};
  const std::vector<Prompt> prompts =
      read_training_prompts(Dataset::read(config.dataset, config.datasets.split), policy,
                            config.training.rollout.max_new_tokens, config.datasets);
  check_rewards(*reward, prompts, Dataset::name_of(config.dataset));
  for (Reward* monitor : models.monitors) check_rewards(*monitor, prompts, Dataset::name_of(config.dataset));

  return train_in_run(
      config.run, options,
      [&](Run& run) { return train_ppo(models, prompts, config.training, config.run, run); },
      after_policy(config.run.output_dir, config.model, config.monitors.first(),
                   lone_reward_model(config.rewards)));
}

}  // namespace nudge
