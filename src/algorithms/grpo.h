#pragma once

#include <vector>

#include "algorithms/grpo_options.h"
#include "data/chat_format.h"
#include "model/decoder.h"
#include "rewards/reward.h"
#include "training/ending.h"
#include "training/run.h"

namespace nudge {

/// The policy is trained in place.
struct GrpoModels {
  Decoder& policy;
  const Decoder* reference;       // null only when beta is 0: then no KL is known either
  Reward& reward;                 // NaN: could not be scored, counts for nothing
  std::vector<Reward*> monitors;  // only measured, never optimised
  const ChatFormat& format;
};

/// Trains, logs TRL's metric names into `run` and writes final/. UsageError when options contradict each
/// other; Throws Interrupted after saving.
Ending train_grpo(const GrpoModels& models, const std::vector<Prompt>& prompts, const GrpoOptions& grpo,
                  const RunOptions& options, Run& run);

}  // namespace nudge
