#pragma once

#include <functional>

#include "base/options.h"
#include "training/run.h"

namespace nudge {

/// What every training command ends with: opens its run, so that Ctrl-C saves, and trains in it, unless the
/// run is complete already. With --plan it trains in a folder that is thrown away, and prints the plan that
/// the loop makes after its first steps. A run that fails before it has produced anything leaves no
/// directory. Returns the exit code.
int train_in_run(const RunOptions& run, const Options& options, const std::function<void(Run&)>& train);

}  // namespace nudge
