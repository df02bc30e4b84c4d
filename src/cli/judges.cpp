#include "cli/judges.h"

#include "cli/gold_reward.h"
#include "cli/loaded_model.h"
#include "data/records_file.h"
#include "rewards/reward_model.h"

namespace nudge {

std::unique_ptr<Reward> reward_named(const std::string& name, const Tokenizer& policy_tokenizer) {
  if (name == "world") return gold_reward();
  return RewardModel::load(model_folder(name), policy_tokenizer);
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
