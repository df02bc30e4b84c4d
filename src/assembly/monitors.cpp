#include "assembly/monitors.h"

#include <filesystem>

#include "assembly/named_rewards.h"
#include "assembly/training_prompts.h"
#include "base/error.h"

namespace nudge {

void declare(Options& options, MonitorChoice& choice) {
  options
      .add("monitor", choice.monitor,
           "Scores to watch but not optimise: world, directories of reward models, or any other reward.")
      .shown_as("REWARD");
}

Monitors::Monitors(const MonitorChoice& choice, const DatasetOptions& datasets, const ModelOptions& models,
                   const Tokenizer* policy) {
  for (const std::string& spec : choice.monitor)
    owned_.push_back(reward_named(spec, datasets, models, policy));
}

std::vector<Reward*> Monitors::all() const {
  std::vector<Reward*> rewards;
  for (const auto& reward : owned_) rewards.push_back(reward.get());
  return rewards;
}

void declare(Options& options, WatchChoice& choice, AnswerOptions& answers) {
  options.section("Watching");
  options
      .add("monitor_dataset", choice.monitor_dataset,
           "Prompts (JSON Lines) that the policy answers at ten points of the run, so that its end can tell "
           "how the answers changed; empty: nothing is sampled.")
      .shown_as("FILE");
  options.add("monitor_prompts", choice.monitor_prompts, "How many of them, from the first.")
      .within(at_least(1));
  declare(options, choice.monitors);
  options.add("temperature", answers.temperature, "Sampling temperature of these answers.")
      .within(at_least(0));
  options.add("max_new_tokens", answers.max_new_tokens, "Longest of them, in tokens.")
      .within(at_least(1))
      .also("max_completion_length")
      .also("response_length");
}

std::vector<Prompt> watched_prompts(const WatchChoice& choice, const LoadedModel& policy,
                                    const AnswerOptions& answers) {
  if (!choice.monitor_dataset.empty())
    return read_training_prompts(Dataset::read(std::filesystem::path(choice.monitor_dataset)), policy,
                                 answers.max_new_tokens, {}, choice.monitor_prompts);
  if (!choice.monitors.monitor.empty())
    throw UsageError("--monitor scores answers, so it needs prompts: give --monitor_dataset.");
  return {};
}

}  // namespace nudge
