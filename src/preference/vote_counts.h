#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/interval.h"
#include "base/json.h"
#include "records/comparison.h"

namespace nudge {

/// Counts over some of the votes: the one definition of these numbers, for files (`preferences stats`) and
/// for the owner's panel. A ranking of K answers says something of C(K, 2) pairs.
struct VoteCounts {
  std::int64_t votes = 0;     // all outcomes
  std::int64_t compared = 0;  // that order the answers
  std::int64_t pairs = 0, ties = 0;
  Share left;    // of pairs that differ: the better one was shown first (left), where that is known
  Share longer;  // of pairs of texts that differ: the better one has more characters; equal lengths aside
  Share fast;    // of votes with a time: quicker than 100 ms for each word on the screen
  std::vector<double> seconds;  // of votes with a time
};

/// What of a comparison every vote on it needs. It must not outlive the comparison.
struct ShownComparison {
  explicit ShownComparison(const Comparison& shown);

  const Comparison* comparison;
  std::vector<double> lengths;  // of the answers, in characters; NaN: a clip
  std::int64_t words = 0;       // on the screen: of the prompt and the answers
};

/// Counts a vote with the pairs of answers that `which` picks (all, if it is not said). A skipped one has no
/// time: its answers were not looked at. The vote must fit.
using PickPairs = std::function<bool(std::size_t first, std::size_t second)>;
void count_vote(
    VoteCounts& counts, const Vote& vote, const ShownComparison& shown,
    const PickPairs& which = [](std::size_t, std::size_t) { return true; });

/// Whether two votes on one comparison say the same.
bool same_answer(const Vote& a, const Vote& b);

/// The middle one, or the mean of the two in the middle; nothing of nothing.
std::optional<double> median(std::vector<double> values);

/// {"value", "low", "high", "count"} with Wilson's 95 % interval, or null without any.
Json to_json(const Share& share);

}  // namespace nudge
