#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "preference/aggregation.h"
#include "preference/formats/imported.h"

namespace nudge {

enum class ExportFormat {
  pairs,     // TRL's, the prompt explicit
  ranking,   // K-wise
  kto,       // single answers, desirable or not
  sharegpt,  // Llama-Factory's
  csv,
  raw,    // every vote as it is
  events  // not of votes: a store's whole log, by event_lines()
};
constexpr auto names_table(ExportFormat) {
  return std::to_array<Named<ExportFormat>>({{ExportFormat::pairs, "pairs"},
                                             {ExportFormat::ranking, "ranking"},
                                             {ExportFormat::kto, "kto"},
                                             {ExportFormat::sharegpt, "sharegpt"},
                                             {ExportFormat::csv, "csv"},
                                             {ExportFormat::raw, "raw"},
                                             {ExportFormat::events, "events"}});
}

enum class Ties {
  drop,
  mark,  // a pair with "tie": true
  half   // written both ways
};
constexpr auto names_table(Ties) {
  return std::to_array<Named<Ties>>({{Ties::drop, "drop"}, {Ties::mark, "mark"}, {Ties::half, "half"}});
}

/// What to write, of which votes.
struct ExportOptions {
  ExportFormat format = ExportFormat::pairs;
  Aggregation aggregation = Aggregation::every_vote;
  Ties ties = Ties::drop;
  std::vector<std::string> sources;  // only comparisons of these; empty: all
  std::vector<std::string> raters;   // only votes of these; empty: all
  std::int64_t min_votes = 1;        // only comparisons with at least so many raters whose vote counts
};

/// The file, and the record of how it came about. Both depend on nothing but the arguments.
struct Exported {
  std::string text;
  Json manifest;  // format, query, counts, left_out, guideline_versions, sha256 of the text
};

/// Preferences for training, or everything (raw, which takes no aggregation and keeps ties). A vote that is
/// both bad gives no preference, and to kto every answer as undesirable; cannot-judge and skipped give
/// nothing, never. A tie gives nothing to kto. Of K answers, kto takes the best as desirable and the
/// worst as not. Answers that are empty, whose text was lost, or that are clips, are left out of all but
/// raw. What is left out is counted by reason. Throws UsageError for options that do not go together.
Exported export_preferences(std::span<const Comparison> comparisons, std::span<const Vote> votes,
                            const ExportOptions& options);

}  // namespace nudge
