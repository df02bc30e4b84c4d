#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "assembly/model_options.h"
#include "base/options.h"
#include "data/dataset_options.h"
#include "records/records.h"
#include "rewards/reward.h"
#include "text/tokenizer.h"

namespace nudge {

/// Rewards as given on the command line: specs (rewards/reward_spec.h), and TRL's `reward_weights` beside
/// them.
struct RewardChoice {
  std::vector<std::string> reward;
  std::vector<double> reward_weights;  // empty: those of the specs; else one a reward, times those
};
/// Declares `--reward` and `--reward_weights`.
void declare(Options& options, RewardChoice& choice);

/// What the specs stand for, as one weighted sum: names of rewards/catalogue.h, "world" (the gold judge of
/// the embedded world), the directory of a reward model, also written `model:DIR`, or several as
/// `ensemble,combine=min:DIR,DIR`. `policy`: whose tokens the completions have, where they have any (else
/// null); it outlives the rewards. `models`: the bases of adapters. Throws UsageError.
std::unique_ptr<Reward> make_rewards(const RewardChoice& choice, const DatasetOptions& datasets,
                                     const ModelOptions& models, const Tokenizer* policy);

/// The directory of the reward model that is all of the reward; "" where it is anything else.
std::string lone_reward_model(const RewardChoice& choice);

/// As make_rewards, of a single spec.
std::unique_ptr<Reward> reward_named(const std::string& spec, const DatasetOptions& datasets,
                                     const ModelOptions& models, const Tokenizer* policy);

/// Warns, naming the first of them, of the records of `path` that the reward cannot score whatever the
/// completion: a reference answer that is no number, an instruction that nobody knows.
void warn_of_unscorable(const Reward& reward, std::span<const Prompt> prompts, const std::string& path);

/// Before a run is opened: warn_of_unscorable, and the reward's rehearsal on the first prompt, which throws
/// Error when it can never score anything.
void check_rewards(Reward& reward, std::span<const Prompt> prompts, const std::string& path);

}  // namespace nudge
