#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "preference/vote_counts.h"

namespace nudge {

/// How one rater works.
struct RaterWork {
  std::string rater;
  std::int64_t votes = 0, skipped = 0;  // all that they decided; skips apart
  std::optional<double> seconds_median;
  Share too_fast;  // less than 100 ms for each word on the screen: too little to have read them
  Share gold;      // gold items on which every pair that has an order was put in that order
  Share repeat;    // repeats decided as the first time
  Share left;      // of pairs without ties: the one shown first won
};

/// What raters did in one day, or one hour where all of it lies within two days.
struct Period {
  std::string label;  // "2026-01-31" or "2026-01-31 14h"
  std::int64_t votes = 0;
  std::optional<double> seconds_median;
  Share left;
  Share agreement;  // of two votes on one pair of answers, the later one in this period: the same label
};

struct RaterReport {
  std::vector<RaterWork> raters;  // by name
  Share left, longer;             // over all pairs without ties: the first, the longer answer won
  std::vector<Period> drift;      // in time
};

/// The numbers by which an owner watches raters, from all votes in force (Store::all_votes, repeats and gold
/// items included), counted as VoteCounts says. Votes on unknown comparisons are left out.
RaterReport rater_report(std::span<const Comparison> comparisons, std::span<const Vote> all_votes);

}  // namespace nudge
