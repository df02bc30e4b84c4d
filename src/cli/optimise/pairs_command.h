#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "algorithms/dpo.h"
#include "assembly/loaded_model.h"
#include "assembly/lora.h"
#include "assembly/monitors.h"
#include "data/dataset_options.h"

namespace nudge {

/// What the commands on preference pairs share: dpo, orpo, cpo, tpo.
struct PairsCommand {
  std::string model;
  std::vector<std::string> dataset, eval_dataset;
  std::int64_t max_length = 0;  // what the model takes
  bool learn_behind_answer = false;
  DatasetOptions datasets;
  ModelOptions models;
  WatchChoice watch;
  RunOptions run;
  LoraOptions lora;
};
void declare(Options& options, PairsCommand& config, PairTraining& training);

/// What the policy is measured against, made when the model and the data are there.
using ReferenceMaker =
    std::function<std::unique_ptr<Reference>(const LoadedModel& policy, const PreferenceTokens& data)>;
std::unique_ptr<Reference> without_reference(const LoadedModel& policy, const PreferenceTokens& data);

/// Reads, tokenizes, opens the run and trains. Returns the exit code.
int run_pairs(const std::string& name, PairsCommand& config, const PairTraining& training,
              const Options& options, const PairObjective& objective, const ReferenceMaker& reference);

}  // namespace nudge
