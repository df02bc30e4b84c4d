#pragma once

#include <functional>
#include <string>
#include <vector>

#include "algorithms/unpaired.h"
#include "assembly/monitors.h"
#include "assembly/reference_options.h"
#include "data/dataset_options.h"

namespace nudge {

/// What the commands on single labelled completions share: kto, bco.
struct UnpairedCommand {
  std::string model;
  std::vector<std::string> dataset, eval_dataset;
  bool learn_behind_answer = false;
  ReferenceOptions reference;
  UnpairedConfig training;
  DatasetOptions datasets;
  WatchChoice watch;
  RunOptions run;
};
void declare(Options& options, UnpairedCommand& config);

/// How much each example counts in the loss, the held-out ones included; the first `learned` are learned
/// from.
using ExampleWeights = std::function<std::vector<float>(const Decoder& reference, const LabelledTokens& data,
                                                        std::int64_t learned)>;

/// Reads, tokenizes, opens the run and trains. Returns the exit code.
int run_unpaired(const std::string& name, UnpairedCommand& config, const Options& options,
                 const UnpairedObjective& objective, const ExampleWeights& weigh);

}  // namespace nudge
