#include "cli/judges.h"

#include <filesystem>

#include "base/error.h"
#include "cli/gold_reward.h"
#include "cli/loaded_model.h"
#include "data/records_file.h"
#include "reward_models/reward_model.h"
#include "rewards/catalogue.h"
#include "rewards/weighted_sum.h"

namespace nudge {
namespace {

bool is_folder(const std::string& name) {
  return name.find('/') != std::string::npos || std::filesystem::is_directory(name);
}

std::unique_ptr<Reward> reward_model(const std::string& given, const Tokenizer* policy_tokenizer,
                                     const std::string& name = "") {
  const auto folder = model_folder(given);
  return policy_tokenizer ? RewardModel::load(folder, *policy_tokenizer, name)
                          : RewardModel::load_for_text(folder, name);
}

// One part of the sum, its weight left aside.
std::unique_ptr<Reward> part(const RewardSpec& spec, const Tokenizer* policy_tokenizer) {
  SpecReader reader(spec);
  if (spec.name == "world") {
    reader.finish();
    return gold_reward();
  }
  if (is_folder(spec.name)) {
    reader.finish();
    return reward_model(spec.name, policy_tokenizer);
  }
  if (spec.name == "model") {
    std::string name;
    reader.read("name", name);
    const std::string& folder = reader.argument("the directory of a reward model");
    reader.finish();
    return reward_model(folder, policy_tokenizer, name);
  }
  return make_reward(spec);
}

}  // namespace

void declare(Options& options, RewardChoice& choice) {
  options.add(
      "reward", choice.reward,
      "Rewards that make up the score, each [WEIGHT*]NAME[,KEY=VALUE][:ARGUMENT]: number, regex:PATTERN, "
      "world, the directory of a reward model ... (see docs/rewards.md).");
  options.add("reward_weights", choice.reward_weights,
              "One weight for each reward, times the one in its own name; empty: 1.");
}

std::unique_ptr<Reward> make_rewards(const RewardChoice& choice, const Tokenizer* policy_tokenizer) {
  const std::vector<double>& weights = choice.reward_weights;
  if (!weights.empty() && weights.size() != choice.reward.size())
    throw UsageError(fmt::format("--reward_weights has {} numbers for {} rewards; give one for each.",
                                 weights.size(), choice.reward.size()));
  std::vector<WeightedReward> parts;
  for (std::size_t i = 0; i < choice.reward.size(); ++i) {
    const RewardSpec spec = parse_reward_spec(choice.reward[i]);
    parts.push_back({part(spec, policy_tokenizer), spec.weight * (weights.empty() ? 1 : weights[i])});
  }
  return std::make_unique<WeightedSum>(std::move(parts));
}

std::unique_ptr<Reward> reward_named(const std::string& spec, const Tokenizer& policy_tokenizer) {
  return make_rewards({.reward = {spec}}, &policy_tokenizer);
}

Monitors::Monitors(const std::vector<std::string>& specs, const Tokenizer& policy_tokenizer) {
  for (const std::string& spec : specs) owned_.push_back(reward_named(spec, policy_tokenizer));
}

std::vector<Reward*> Monitors::all() const {
  std::vector<Reward*> rewards;
  for (const auto& reward : owned_) rewards.push_back(reward.get());
  return rewards;
}

std::vector<Prompt> read_prompts(const std::string& path, std::int64_t limit) {
  std::vector<Prompt> prompts;
  for (const Json& record : read_records(path)) {
    if (limit > 0 && static_cast<std::int64_t>(prompts.size()) == limit) break;
    prompts.push_back(prompt_of(record, path));
  }
  return prompts;
}

}  // namespace nudge
