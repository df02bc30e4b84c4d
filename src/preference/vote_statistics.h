#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/interval.h"
#include "base/json.h"
#include "preference/aggregation.h"
#include "preference/model_counts.h"
#include "preference/vote_counts.h"

namespace nudge {

struct VoteStatistics {
  std::int64_t comparisons = 0, prompts = 0;  // prompts by their content
  VoteCounts all;
  std::map<std::string, std::int64_t> outcomes;
  std::map<std::string, VoteCounts> by_source, by_rater, by_protocol;
  std::map<std::string, VoteCounts> by_strength;  // of votes with one, only the pairs that it is said of
  std::map<std::string, ModelCounts> by_model;
  Share repeats;  // of second votes of a rater on one comparison: the same as the first
};

/// Throws Error for votes that do not fit their comparisons.
VoteStatistics vote_statistics(std::span<const Comparison> comparisons, std::span<const Vote> votes);

/// Shares as {"value", "low", "high", "count"} or null; seconds by their median.
Json to_json(const VoteStatistics& statistics);
/// Statistics as lines for a terminal.
std::string to_text(const VoteStatistics& statistics);

}  // namespace nudge
