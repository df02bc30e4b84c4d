#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rewards/reward.h"
#include "rewards/reward_spec.h"

namespace nudge {

/// A reward that has a name on the command line and needs no model.
struct CatalogueEntry {
  std::string name;
  std::string usage;    // "number[,column=answer][,marker=####]"
  std::string meaning;  // one sentence
  std::unique_ptr<Reward> (*make)(SpecReader& spec);
};

/// All of them, in the order of the documentation.
const std::vector<CatalogueEntry>& reward_catalogue();

/// The reward that a spec names; its weight is not applied. TRL's names stand for ours: `think_format_reward`
/// and `get_soft_overlong_punishment` lose their wrapping. Throws UsageError for an unknown name or setting.
std::unique_ptr<Reward> make_reward(RewardSpec spec);

}  // namespace nudge
