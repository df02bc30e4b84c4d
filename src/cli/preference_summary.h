#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/json.h"
#include "evaluation/statistics.h"
#include "records/records.h"

namespace nudge {

/// Successes and trials of a yes-or-no question.
struct Share {
  double successes = 0;
  std::int64_t trials = 0;

  void count(bool success);
  /// Whether the choice fell on the higher of two numbers; equal numbers ask nothing.
  void count_better(bool chose_first, double first, double second);
  Interval interval() const { return wilson_interval(successes, trials); }
};

/// What a file of preferences, or a simulated rater at work, looks like from outside. Shares leave ties out.
struct PreferenceSummary {
  std::int64_t pairs = 0, ties = 0;         // ties are pairs as well
  std::int64_t identical = 0, skipped = 0;  // prompts without two different completions, skipped comparisons
  std::set<std::string> prompts;            // by id
  Share left, longer;                       // the chosen answer stood left; is the longer one (in bytes)
  Share own_utility, gold,
      other_rater;  // agreement with the rater's noiseless self, with gold, with another rater

  void count(const PreferencePair& pair);
  Json json() const;
  std::string text() const;
};

}  // namespace nudge
