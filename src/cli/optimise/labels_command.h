#pragma once

#include <functional>
#include <string>
#include <vector>

#include "algorithms/kto.h"
#include "assembly/lora.h"
#include "assembly/monitors.h"
#include "assembly/reference_options.h"
#include "data/dataset_options.h"

namespace nudge {

/// What the commands on single labelled completions share: kto, bco.
struct LabelsCommand {
  std::string model;
  std::vector<std::string> dataset, eval_dataset;
  bool learn_behind_answer = false;
  ReferenceOptions reference;
  DatasetOptions datasets;
  ModelOptions models;
  WatchChoice watch;
  RunOptions run;
  LoraOptions lora;
};
void declare(Options& options, LabelsCommand& config, LabelledTraining& training);

/// How much each example counts in the loss, the held-out ones included; the first `learned` are learned
/// from.
using ExampleWeights = std::function<std::vector<float>(const Decoder& reference, const LabelledTokens& data,
                                                        std::int64_t learned)>;

/// Reads, tokenizes, opens the run and trains. Returns the exit code.
int run_labels(const std::string& name, LabelsCommand& config, LabelledTraining& training,
               const Options& options, const LabelledObjective& objective, const ExampleWeights& weigh);

}  // namespace nudge
