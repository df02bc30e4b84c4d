#pragma once

#include <cstdint>
#include <vector>

#include "assembly/loaded_model.h"
#include "data/dataset_options.h"
#include "records/records.h"

namespace nudge {

/// Prompts that a policy will answer again and again, each with up to `new_tokens` tokens. Error naming the
/// first record that leaves no room for them in its context, rather than in the middle of the run.
std::vector<Prompt> read_training_prompts(Dataset dataset, const LoadedModel& policy, std::int64_t new_tokens,
                                          const DatasetOptions& datasets, std::int64_t limit = 0);

}  // namespace nudge
