#pragma once

#include <memory>
#include <string>
#include <vector>

#include "records/records.h"
#include "rewards/reward.h"
#include "text/tokenizer.h"

namespace nudge {

/// The reward that a name stands for: "world" (the gold judge of the embedded world) or the directory of a
/// reward model.
std::unique_ptr<Reward> reward_named(const std::string& name, const Tokenizer& policy_tokenizer);

/// The prompts of a dataset file, at most `limit` of them (0: all).
std::vector<Prompt> read_prompts(const std::string& path, std::int64_t limit = 0);

}  // namespace nudge
