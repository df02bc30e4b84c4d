#pragma once

#include <memory>
#include <string>
#include <vector>

#include "assembly/loaded_model.h"
#include "base/options.h"
#include "data/dataset_options.h"
#include "evaluation/answers.h"
#include "records/records.h"
#include "rewards/reward.h"

namespace nudge {

/// Rewards that are watched but not optimised, as given on the command line.
struct MonitorChoice {
  std::vector<std::string> monitor;

  std::string first() const { return monitor.empty() ? "" : monitor.front(); }
};
/// Declares `--monitor`.
void declare(Options& options, MonitorChoice& choice);

/// The rewards of a choice, and their owner.
class Monitors {
 public:
  Monitors(const MonitorChoice& choice, const DatasetOptions& datasets, const ModelOptions& models,
           const Tokenizer* policy);
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

}  // namespace nudge
