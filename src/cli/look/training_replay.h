#pragma once

#include "base/json.h"
#include "verify/replay.h"

namespace nudge {

/// One case of tests/goldens/training_runs.json: runs its command lines in a folder of its own, and compares
/// the losses of its updates, and how far its weights have moved, with what TRL's own trainer made of the
/// same completions (tools/goldens/training_runs.py). A completion that is sampled differently here (a
/// probability that rounds to the other side of a draw) leaves nothing to compare: Error, which says so.
Replay replay_training(const Json& golden);

}  // namespace nudge
