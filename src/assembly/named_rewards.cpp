#include "assembly/named_rewards.h"

#include <filesystem>

#include "assembly/gold_reward.h"
#include "assembly/loaded_model.h"
#include "base/error.h"
#include "base/excerpt.h"
#include "base/progress.h"
#include "data/records_file.h"
#include "model/bases.h"
#include "model/peft.h"
#include "reward_models/opened_thought.h"
#include "reward_models/reward_model.h"
#include "reward_models/step_reward.h"
#include "rewards/catalogue.h"
#include "rewards/ensemble.h"
#include "rewards/weighted_sum.h"

namespace nudge {
namespace {

bool is_folder(const std::string& name) {
  return name.find('/') != std::string::npos || std::filesystem::is_directory(name);
}

std::unique_ptr<Reward> reward_model(const std::string& given, const DatasetOptions& datasets,
                                     const ModelOptions& models, const std::string& name = "",
                                     Combination combination = {}) {
  const auto folder = model_folder(given);
  return RewardModel::load(folder, name, std::move(combination), datasets.prerendered,
                           models.reading_of(folder));
}

// "ensemble,combine=min:DIR,DIR,...": several reward models as one.
std::unique_ptr<Reward> ensemble(SpecReader& reader, const DatasetOptions& datasets,
                                 const ModelOptions& models) {
  const std::string name = reader.component_name();
  Combination combination(reader);
  std::string rest = reader.argument("the directories of reward models, with commas between them");
  reader.finish();
  std::vector<std::unique_ptr<Reward>> members;
  for (std::size_t comma = 0; comma != std::string::npos;) {
    comma = rest.find(',');
    members.push_back(reward_model(rest.substr(0, comma), datasets, models));
    if (comma != std::string::npos) rest.erase(0, comma + 1);
  }
  return std::make_unique<Ensemble>(name, std::move(members), std::move(combination));
}

// "steps,combine=min:DIR": a process reward model.
std::unique_ptr<Reward> steps(SpecReader& reader, const ModelOptions& models) {
  StepReward::Options options;
  declare(reader, options);
  const std::string name = reader.component_name();
  const auto folder = model_folder(reader.argument("the directory of a process reward model"));
  reader.finish();
  const Reading reading = models.reading_of(folder);
  return std::make_unique<StepReward>(read_model(folder, reading),
                                      ChatFormat(Tokenizer::load(tokenizer_home(folder, reading.base))), name,
                                      options);
}

// One part of the sum, its weight left aside.
std::unique_ptr<Reward> part(const RewardSpec& spec, const DatasetOptions& datasets,
                             const ModelOptions& models, const Tokenizer* policy) {
  SpecReader reader(spec);
  if (spec.name == "world") {
    reader.finish();
    return gold_reward();
  }
  if (spec.name == "steps") return steps(reader, models);
  if (spec.name == "ensemble") return ensemble(reader, datasets, models);
  if (spec.name == "model" || is_folder(spec.name)) {
    std::string name, folder = spec.name;
    reader.read("name", name);
    Combination combination(reader);
    if (spec.name == "model") folder = reader.argument("the directory of a reward model");
    reader.finish();
    return reward_model(folder, datasets, models, name, std::move(combination));
  }
  if (spec.name.ends_with(".py"))
    reader.refuse(
        fmt::format("a Python file is named with its function, as in python:{}:FUNCTION", spec.name));
  auto reward = make_reward(spec);
  const bool of_form = spec.name.starts_with("think_format") || spec.name == "tags";
  return of_form ? std::make_unique<OpenedThought>(std::move(reward), policy) : std::move(reward);
}

}  // namespace

void declare(Options& options, RewardChoice& choice) {
  options
      .add(
          "reward", choice.reward,
          "Rewards that make up the score, each [WEIGHT*]NAME[,KEY=VALUE][:ARGUMENT]: number, regex:PATTERN, "
          "world, the directory of a reward model ... (see docs/rewards.md).")
      .shown_as("REWARD")
      .also("reward_model");
  options
      .add("reward_weights", choice.reward_weights,
           "One weight for each reward, times the one in its own name; empty: 1.")
      .within(any_number());
}

std::unique_ptr<Reward> make_rewards(const RewardChoice& choice, const DatasetOptions& datasets,
                                     const ModelOptions& models, const Tokenizer* policy) {
  if (choice.reward.empty())
    throw UsageError(
        "--reward is missing: the directory of a reward model, or rewards by name (nudge score --list).");
  const std::vector<double>& weights = choice.reward_weights;
  if (!weights.empty() && weights.size() != choice.reward.size())
    throw UsageError(fmt::format("--reward_weights has {} numbers for {} rewards; give one for each.",
                                 weights.size(), choice.reward.size()));
  std::vector<WeightedReward> parts;
  for (std::size_t i = 0; i < choice.reward.size(); ++i) {
    const RewardSpec spec = parse_reward_spec(choice.reward[i]);
    parts.push_back({part(spec, datasets, models, policy), spec.weight * (weights.empty() ? 1 : weights[i])});
  }
  return std::make_unique<WeightedSum>(std::move(parts));
}

std::string lone_reward_model(const RewardChoice& choice) {
  if (choice.reward.size() != 1) return "";
  const RewardSpec spec = parse_reward_spec(choice.reward[0]);
  if (!spec.settings.empty()) return "";  // several heads as one
  if (spec.name == "model") return spec.argument;
  return is_folder(spec.name) ? spec.name : "";
}

std::unique_ptr<Reward> reward_named(const std::string& spec, const DatasetOptions& datasets,
                                     const ModelOptions& models, const Tokenizer* policy) {
  return make_rewards({.reward = {spec}}, datasets, models, policy);
}

void warn_of_unscorable(const Reward& reward, std::span<const Prompt> prompts, const std::string& path) {
  constexpr std::int64_t kNamed = 3;
  std::int64_t count = 0;
  std::string named;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    std::string why = reward.objection(prompts[i]);
    if (why.empty()) continue;
    if (why.ends_with('.')) why.pop_back();
    if (++count <= kNamed)
      named += fmt::format("; record {} ({}): {}", i + 1, excerpt(prompts[i].question()), why);
  }
  if (count == 0) return;
  warn(
      fmt::format("{}: {} of {} records cannot be scored, whatever the completion, and count for nothing{}{}",
                  path, count, prompts.size(), named, count > kNamed ? "; ..." : "."));
}

void check_rewards(Reward& reward, std::span<const Prompt> prompts, const std::string& path) {
  warn_of_unscorable(reward, prompts, path);
  if (!prompts.empty()) reward.rehearse(prompts.front());
}

}  // namespace nudge
