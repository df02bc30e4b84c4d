#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "records/comparison.h"

namespace nudge {

/// What there is of the answers of one model (Answer.model): of one version of the policy, where the sampler
/// names versions.
struct ModelCounts {
  std::int64_t comparisons = 0;  // with an answer of it
  std::int64_t pairs = 0;        // of answers that a vote ordered or tied, one of them (or both) of it
};

/// By the model's name; empty: not said. Votes on other comparisons are left out.
std::map<std::string, ModelCounts> counts_by_model(std::span<const Comparison> comparisons,
                                                   std::span<const Vote> votes);

}  // namespace nudge
