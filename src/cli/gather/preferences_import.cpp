// nudge preferences import: any known form of preferences to comparisons and votes.
#include <fmt/format.h>

#include "base/options.h"
#include "cli/commands.h"
#include "preference/comparison_files.h"

namespace nudge {

int run_preferences_import(std::span<const std::string> arguments) {
  std::string dataset, output;
  ImportOptions import;
  Options options("preferences import",
                  "Reads preferences in any known form and writes them as comparisons and votes.");
  options.require("dataset", dataset, "What to read: .jsonl, .json or .csv, each also .gz or .zst.")
      .shown_as("FILE");
  options
      .require("output", output,
               "JSON Lines file for the comparisons and votes, or a store (NAME.store) to add them to.")
      .shown_as("FILE");
  options.choose("format", import.format, "The form; auto tells it by the columns.");
  options.add("source", import.source, "Name of the data, the front of every id; empty: the file's name.")
      .shown_as("NAME");
  options.start_with({}, "nudge preferences import --dataset old.csv --output votes.jsonl");
  if (!options.parse(arguments)) return 0;

  const Imported imported = load_comparisons(dataset, import);
  const auto [comparisons, votes] = write_comparisons(output, imported.comparisons, imported.votes);
  fmt::print("{}: {} comparisons and {} votes, read as {}\n{}", output, imported.comparisons.size(),
             imported.votes.size(), imported.format, remarks_text(imported));
  if (is_store(output)) fmt::print("  new in the store: {} comparisons, {} votes\n", comparisons, votes);
  return 0;
}

}  // namespace nudge
