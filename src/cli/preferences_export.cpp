// nudge preferences export: comparisons and votes to what trainers read, with a manifest.
#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "cli/commands.h"
#include "cli/comparison_files.h"
#include "preference/formats/export.h"

namespace nudge {
namespace {

struct ExportConfig {
  std::string dataset, output;
  std::string aggregate = "every";
  ExportOptions out;
};

void declare(Options& options, ExportConfig& config) {
  options.require("dataset", config.dataset,
                  "Comparisons and votes: a store, or any form that import reads.");
  options.require("output", config.output, "The file to write; OUTPUT.manifest.json goes beside it.");
  options.choose("format", config.out.format, export_formats(),
                 "pairs (TRL), ranking (K-wise), kto, sharegpt (Llama-Factory), csv, or raw (everything).");
  options.choose("aggregate", config.aggregate, aggregation_names(),
                 "Votes of several raters: every one, their majority, by strength, or by reliability.");
  options.choose("ties", config.out.ties, {"drop", "mark", "half"},
                 "Leave ties out, write them with \"tie\": true, or once each way (a target of one half).");
  options.add("sources", config.out.sources, "Only comparisons of these sources.");
  options.add("raters", config.out.raters, "Only votes of these raters.");
  options.add("min_votes", config.out.min_votes, "Only comparisons that at least so many raters judged.");
}

}  // namespace

int run_preferences_export(std::span<const std::string> arguments) {
  ExportConfig config;
  Options options("preferences export", "Writes preferences for trainers, byte by byte reproducible.");
  declare(options, config);
  if (!options.parse(arguments)) return 0;

  config.out.aggregation = aggregation_named(config.aggregate);
  const Imported imported = read_comparisons(config.dataset);
  Exported exported = export_preferences(imported.comparisons, imported.votes, config.out);
  const bool something = exported.manifest["counts"]["records"] != 0;
  require(something || !imported.votes.empty(),
          "{}: nobody has voted on any of its {} comparisons yet; collect votes with nudge label.",
          config.dataset, imported.comparisons.size());
  require(something, "{}: nothing is left to export of {} comparisons with {} votes; the reasons: {}.",
          config.dataset, imported.comparisons.size(), imported.votes.size(),
          exported.manifest["left_out"].dump());
  exported.manifest["source"] = {{"file", std::filesystem::path(config.dataset).filename().string()},
                                 {"format", imported.format},
                                 {"sha256", content_hash(config.dataset)}};
  write_file(config.output, exported.text);
  write_file(config.output + ".manifest.json", to_pretty(exported.manifest));
  const Json& counts = exported.manifest["counts"];
  fmt::print("{}: {} records of {} votes on {} comparisons\n", config.output, counts["records"].dump(),
             counts["votes"].dump(), counts["comparisons"].dump());
  for (const auto& [reason, count] : exported.manifest["left_out"].items())
    fmt::print("  left out: {} ({})\n", count.dump(), reason);
  return 0;
}

}  // namespace nudge
