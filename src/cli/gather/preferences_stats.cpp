// nudge preferences stats: what is in files that people or programs labelled.
#include <fmt/format.h>

#include "base/files.h"
#include "base/options.h"
#include "cli/commands.h"
#include "preference/comparison_files.h"
#include "preference/vote_statistics.h"

namespace nudge {

int run_preferences_stats(std::span<const std::string> arguments) {
  std::string dataset, output;
  Aggregation aggregation = Aggregation::every_vote;
  ImportOptions import;
  Options options("preferences stats",
                  "Counts votes: ties, which side and length won, by source, strength and rater, and speed.");
  options
      .require("dataset", dataset,
               "Comparisons and votes: a store, or any form that `preferences import` reads.")
      .shown_as("FILE");
  options.choose("format", import.format, "The form; auto tells it by the columns.");
  options.choose("aggregate", aggregation,
                 "Count every vote, or one for each comparison as export would write it.");
  options.add("output", output, "JSON file for all the numbers; empty: none.").shown_as("FILE");
  options.start_with({}, "nudge preferences stats --dataset pairs.jsonl");
  if (!options.parse(arguments)) return 0;

  Imported imported = load_comparisons(dataset, import);
  if (aggregation != Aggregation::every_vote)
    imported.votes = aggregate(imported.comparisons, imported.votes, aggregation);
  const VoteStatistics statistics = vote_statistics(imported.comparisons, imported.votes);
  if (!output.empty()) write_file(output, to_pretty(to_json(statistics)));
  fmt::print("{}{}", to_text(statistics), remarks_text(imported));
  return 0;
}

}  // namespace nudge
