// nudge preferences unpair: pairs to single answers with a label.
#include <cstdio>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "cli/commands.h"
#include "data/dataset_options.h"
#include "data/records_file.h"

namespace nudge {

int run_preferences_unpair(std::span<const std::string> arguments) {
  std::string dataset, output;
  DatasetOptions datasets;
  Options options(
      "preferences unpair",
      "Takes pairs apart: each gives its chosen answer with label true and its rejected one with false.");
  options.require("dataset", dataset, "Preference pairs.").shown_as("FILE");
  options.require("output", output, "JSON Lines file: prompt, completion, label.").shown_as("FILE");
  declare(options, datasets);
  options.start_with({}, "nudge preferences unpair --dataset pairs.jsonl --output liked.jsonl");
  if (!options.parse(arguments)) return 0;

  Dataset pairs = Dataset::read(dataset, datasets.split);
  const LabelledRead read = labelled_completions(pairs);
  settle(pairs, "preferences unpair", datasets);
  say_left_out(read.dropped, "records", pairs, "preferences unpair");
  std::string lines;
  for (const LabelledCompletion& each : read.completions) lines += to_line(labelled_record(each)) + "\n";
  write_file(output, lines);
  fmt::print("{} labelled answers.\n", read.completions.size());
  return 0;
}

}  // namespace nudge
