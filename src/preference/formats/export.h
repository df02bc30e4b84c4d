#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "preference/aggregation.h"
#include "preference/formats/imported.h"

namespace nudge {

/// What to write, of which votes.
struct ExportOptions {
  std::string format = "pairs";  // one of export_formats()
  Aggregation aggregation = Aggregation::every_vote;
  std::string ties = "drop";         // "drop"; "mark": a pair with "tie": true; "half": written both ways
  std::vector<std::string> sources;  // only comparisons of these; empty: all
  std::vector<std::string> raters;   // only votes of these; empty: all
  std::int64_t min_votes = 1;        // only comparisons with at least so many raters whose vote counts
};

/// "pairs" (TRL, explicit prompt), "ranking" (K-wise), "kto", "sharegpt" (Llama-Factory), "csv", "raw".
std::vector<std::string> export_formats();

/// The file, and the record of how it came about. Both depend on nothing but the arguments.
struct Exported {
  std::string text;
  Json manifest;  // format, query, counts, left_out, guideline_versions, sha256 of the text
};

/// Preferences for training, or everything ("raw", which takes no aggregation and keeps ties). A vote that is
/// both bad gives no preference, and to "kto" every answer as undesirable; cannot-judge and skipped give
/// nothing, never. A tie gives nothing to "kto". Of K answers, "kto" takes the best as desirable and the
/// worst as not. Answers that are empty, whose text was lost, or that are clips, are left out of all but
/// "raw". What is left out is counted by reason. Throws UsageError for options that do not go together.
Exported export_preferences(std::span<const Comparison> comparisons, std::span<const Vote> votes,
                            const ExportOptions& options);

}  // namespace nudge
