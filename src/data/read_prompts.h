#pragma once

#include <cstdint>
#include <vector>

#include "data/chat_format.h"
#include "data/dataset_options.h"
#include "records/records.h"

namespace nudge {

/// The prompts of a dataset, at most `limit` of them (0: all). With the format of the model that will
/// answer them, what its template does not read of them is named.
std::vector<Prompt> read_prompts(Dataset dataset, std::int64_t limit = 0, const DatasetOptions& datasets = {},
                                 const ChatFormat* format = nullptr);

}  // namespace nudge
