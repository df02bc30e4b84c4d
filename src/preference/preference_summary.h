#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/interval.h"
#include "base/json.h"
#include "records/records.h"

namespace nudge {

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
