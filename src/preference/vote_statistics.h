#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/interval.h"
#include "base/json.h"
#include "preference/aggregation.h"
#include "records/comparison.h"

namespace nudge {

/// Counts over some of the votes. A ranking of K answers says something of C(K, 2) pairs.
struct VoteCounts {
  std::int64_t votes = 0;     // all outcomes
  std::int64_t compared = 0;  // that order the answers
  std::int64_t pairs = 0, ties = 0;
  Share left;    // of pairs that differ: the better one was shown first (left), where that is known
  Share longer;  // of pairs that differ: the better one is the longer in characters; equal lengths aside
  Share fast;    // of votes with a time: quicker than 100 ms for each word on the screen
  std::vector<double> seconds;  // of votes with a time
};

struct VoteStatistics {
  std::int64_t comparisons = 0, prompts = 0;  // prompts by their content
  VoteCounts all;
  std::map<std::string, std::int64_t> outcomes;
  std::map<std::string, VoteCounts> by_source, by_rater, by_protocol;
  std::map<std::string, VoteCounts> by_strength;  // of votes with one, only the pairs that it is said of
  Share repeats;  // of second votes of a rater on one comparison: the same as the first
};

/// Throws Error for votes that do not fit their comparisons.
VoteStatistics vote_statistics(std::span<const Comparison> comparisons, std::span<const Vote> votes);

/// Shares as {"value", "low", "high", "count"} or null; seconds by their median.
Json to_json(const VoteStatistics& statistics);
/// The same as lines for a terminal.
std::string to_text(const VoteStatistics& statistics);

}  // namespace nudge
