#pragma once

#include <string>

#include "algorithms/unpaired.h"

namespace nudge {

/// What the commands on single labelled completions share: kto, bco.
struct UnpairedCommand {
  std::string model, ref_model, reference_cache, dataset;
  UnpairedConfig training;
  RunOptions run;
};
void declare(Options& options, UnpairedCommand& config);

/// Reads, tokenizes, opens the run and trains. Returns the exit code.
int run_unpaired(const std::string& name, const UnpairedCommand& config, const Options& options,
                 const UnpairedObjective& objective);

}  // namespace nudge
