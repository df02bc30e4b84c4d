#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "training/run.h"
#include "training/state.h"

namespace nudge {

/// The end of a step of a training loop that is not the last: saves when a checkpoint is due; saves and
/// throws Interrupted when the user asked to stop. `unit` names the step ("rollout"); `state` is called only
/// to save.
void end_of_step(Run& run, const RunOptions& options, std::int64_t step, const std::string& unit,
                 const std::function<State()>& state);

}  // namespace nudge
