#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/options.h"
#include "cli/dataset_options.h"
#include "cli/loaded_model.h"
#include "evaluation/answers.h"
#include "records/records.h"
#include "rewards/reward.h"

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
/// null); it outlives the rewards. Throws UsageError.
std::unique_ptr<Reward> make_rewards(const RewardChoice& choice, const DatasetOptions& datasets,
                                     const Tokenizer* policy);

/// The directory of the reward model that is all of the reward; "" where it is anything else.
std::string lone_reward_model(const RewardChoice& choice);

/// The same for a single spec.
std::unique_ptr<Reward> reward_named(const std::string& spec, const DatasetOptions& datasets,
                                     const Tokenizer* policy);

/// Warns, naming the first of them, of the records of `path` that the reward cannot score whatever the
/// completion: a reference answer that is no number, an instruction that nobody knows.
void warn_of_unscorable(const Reward& reward, std::span<const Prompt> prompts, const std::string& path);

/// Before a run is opened: warn_of_unscorable, and the reward's rehearsal on the first prompt, which throws
/// Error when it can never score anything.
void check_rewards(Reward& reward, std::span<const Prompt> prompts, const std::string& path);

/// Rewards that are watched but not optimised, as given on the command line.
struct MonitorChoice {
  std::vector<std::string> monitor;

  std::string first() const { return monitor.empty() ? "" : monitor.front(); }
};
/// Declares `--monitor`.
void declare(Options& options, MonitorChoice& choice);

/// They, and who owns them.
class Monitors {
 public:
  Monitors(const MonitorChoice& choice, const DatasetOptions& datasets, const Tokenizer* policy);
  std::vector<Reward*> all() const;

 private:
  std::vector<std::unique_ptr<Reward>> owned_;
};

/// Prompts that a policy answers now and then while it learns from something else, and what scores the
/// answers.
struct WatchChoice {
  MonitorChoice monitors;
  std::string monitor_dataset;
  std::int64_t monitor_prompts = 128;
};
/// Declares `--monitor`, `--monitor_dataset`, `--monitor_prompts`, and how they are answered.
void declare(Options& options, WatchChoice& choice, AnswerOptions& answers);
/// None without a dataset. UsageError when there is a monitor and nothing to score.
std::vector<Prompt> watched_prompts(const WatchChoice& choice, const LoadedModel& policy,
                                    const AnswerOptions& answers);

/// The prompts of a dataset, at most `limit` of them (0: all). With the format of the model that will
/// answer them, what its template does not read of them is named.
std::vector<Prompt> read_prompts(Dataset dataset, std::int64_t limit = 0, const DatasetOptions& datasets = {},
                                 const ChatFormat* format = nullptr);

/// Those that a policy will answer again and again, each with up to `new_tokens` tokens. Error naming the
/// first record that leaves no room for them in its context, rather than in the middle of the run.
std::vector<Prompt> read_training_prompts(Dataset dataset, const LoadedModel& policy, std::int64_t new_tokens,
                                          const DatasetOptions& datasets, std::int64_t limit = 0);

}  // namespace nudge
