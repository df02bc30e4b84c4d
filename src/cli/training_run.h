#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/options.h"
#include "training/ending.h"
#include "training/run.h"

namespace nudge {

/// What every training command ends with: opens its run, so that Ctrl-C saves, trains in it, unless the run
/// is complete already, and says how it ended and which commands (cli/next_commands.h) come `next`. With
/// --plan it trains in a folder that is thrown away, and prints the plan that the loop makes after its first
/// steps. A run that fails before it has produced anything leaves no directory. Returns the exit code.
int train_in_run(const RunOptions& run, const Options& options, const std::function<Ending(Run&)>& train,
                 const std::vector<std::string>& next);

}  // namespace nudge
