#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "preference/formats/export.h"
#include "records/records.h"

namespace nudge {

/// Two answers of a comparison with what a vote says of them: `chosen` is better, or they tie.
struct ExportedPair {
  const Comparison& comparison;
  const Vote& vote;
  const Answer &chosen, &rejected;
  bool tie = false;
  std::int64_t strength = 0;  // of this pair; 0: not said
  std::string shown_left;     // "chosen", "rejected" or not known
};

/// A record of one vote or pair, as one line or row of the file.
std::string pair_line(const ExportedPair& pair);
std::string sharegpt_line(const ExportedPair& pair);
std::string csv_line(const ExportedPair& pair);
std::string csv_heading();
std::string ranking_line(const Comparison& comparison, const Vote& vote);
std::string label_line(const Comparison& comparison, const Vote& vote, const Answer& answer, bool liked);

/// Calls `write` for each pair of answers that the vote orders, best first; ties as options say. Says what it
/// leaves out.
void for_each_pair(const Comparison& comparison, const Vote& vote, Ties ties,
                   const std::function<void(const ExportedPair&)>& write,
                   const std::function<void(const char* reason)>& leave_out);

}  // namespace nudge
