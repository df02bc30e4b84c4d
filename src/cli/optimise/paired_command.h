#pragma once

#include <functional>
#include <memory>
#include <string>

#include "algorithms/paired.h"
#include "assembly/loaded_model.h"
#include "assembly/monitors.h"
#include "data/dataset_options.h"

namespace nudge {

/// What the commands on preference pairs share: dpo, orpo, cpo, tpo.
struct PairedCommand {
  std::string model;
  std::vector<std::string> dataset, eval_dataset;
  std::int64_t max_length = 0;  // what the model takes
  bool learn_behind_answer = false;
  PairedConfig training;
  DatasetOptions datasets;
  WatchChoice watch;
  RunOptions run;
};
void declare(Options& options, PairedCommand& config);

/// What the policy is measured against, made when the model and the data are there.
using ReferenceMaker =
    std::function<std::unique_ptr<Reference>(const LoadedModel& policy, const PreferenceTokens& data)>;

/// Reads, tokenizes, opens the run and trains; `gold` asks for the column "reference". Returns the exit code.
int run_paired(const std::string& name, PairedCommand& config, const Options& options,
               const PairObjective& objective, const ReferenceMaker& reference, bool gold = false);

}  // namespace nudge
