#include "algorithms/ppo.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/judges.h"
#include "cli/loaded_model.h"

namespace nudge {
namespace {

struct PpoCommand {
  std::string model, reward_model, value_model, dataset;
  std::vector<std::string> monitor;
  PpoConfig training;
  RunOptions run;
};

void declare(Options& options, PpoCommand& config) {
  options.require("model", config.model, "The SFT model: start of the policy, and the frozen reference.");
  options.require(
      "reward_model", config.reward_model,
      "What is optimised: a reward model (from `nudge reward`), or world, the gold judge itself.");
  options.add("value_model", config.value_model, "Start of the value model; empty: the reward model.");
  options.require("dataset", config.dataset, "Prompts (JSON Lines).");
  options.add("monitor", config.monitor,
              "Scores to watch but not optimise: world, or directories of reward models.");
  declare(options, config.run);
  declare(options, config.training);
}

}  // namespace

int run_ppo(std::span<const std::string> arguments) {
  PpoCommand config;
  config.training.policy.learning_rate = 3e-6;
  config.training.policy.adam_epsilon = 1e-5;
  config.training.policy.max_grad_norm = 1.0;
  Options options("ppo", "Optimises a policy against a reward model on a KL leash.");
  declare(options, config);
  if (!options.parse(arguments)) return 0;

  LoadedModel policy = load_language_model(config.model);
  const auto reference = policy.model->clone();
  const LoadedModel value =
      load_scalar_model(config.value_model.empty() ? config.reward_model : config.value_model);
  require_same_tokenizer(policy, "--model", value, "the value model");
  const auto reward = reward_named(config.reward_model, *policy.tokenizer);
  std::vector<std::unique_ptr<Reward>> watched;
  PpoParts parts{*policy.model, *reference, *value.model, *reward, {}, policy.format};
  const std::vector<Prompt> prompts = read_prompts(config.dataset);
  for (const std::string& name : config.monitor) {
    watched.push_back(reward_named(name, *policy.tokenizer));
    parts.monitors.push_back(watched.back().get());
  }

  watch_interrupts();
  Run run(config.run.output_dir, options, config.run.resume, config.run.overwrite);
  if (run.finished()) {
    say("Nothing left to do: " + config.run.output_dir + "/final is complete.");
    return 0;
  }
  train_ppo(parts, prompts, config.training, config.run, run);
  return 0;
}

}  // namespace nudge
