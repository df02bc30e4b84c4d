// nudge preferences export: comparisons and votes to what trainers read, with a manifest.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <ranges>
#include <set>

#include "base/counted.h"
#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/product_files.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "preference/comparison_files.h"
#include "preference/formats/export.h"
#include "preference/store/store.h"

namespace nudge {
namespace {

struct ExportConfig {
  std::string dataset, output;
  ExportOptions out;
};

void declare(Options& options, ExportConfig& config) {
  options.require("dataset", config.dataset, "Comparisons and votes: a store, or any form that import reads.")
      .shown_as("FILE");
  options
      .require(
          "output", config.output,
          "The file to write; OUTPUT.manifest.json goes beside it. A pipe or /dev/stdout gets the records "
          "alone.")
      .shown_as("FILE");
  options.choose(
      "format", config.out.format,
      "pairs (TRL), ranking (K-wise), kto, sharegpt (Llama-Factory), csv, raw (every vote), or events "
      "(the whole log of a store).");
  options.choose("aggregate", config.out.aggregation,
                 "Votes of several raters: every one, their majority, by strength, or by reliability.");
  options.choose("ties", config.out.ties,
                 "Leave ties out, write them with \"tie\": true, or once each way (a target of one half).");
  options.add("sources", config.out.sources, "Only comparisons of these sources.").shown_as("NAME");
  options.add("raters", config.out.raters, "Only votes of these raters.").shown_as("NAME");
  options.add("min_votes", config.out.min_votes, "Only comparisons that at least so many raters judged.")
      .within(at_least(0));
}

Json source_json(const ExportConfig& config, const std::string& format, const std::string& hash) {
  return {{"file", std::filesystem::path(config.dataset).filename().string()},
          {"format", format},
          {"sha256", hash}};
}

/// The log as it is; of one moment, though raters may be at work.
Exported events_of(const ExportConfig& config) {
  const ExportOptions plain;
  const ExportOptions& out = config.out;
  if (out.aggregation != plain.aggregation || out.ties != plain.ties || !out.sources.empty() ||
      !out.raters.empty() || out.min_votes != plain.min_votes)
    throw UsageError(
        "nudge preferences export: events are the whole log; --aggregate, --ties, --sources, --raters and "
        "--min_votes pick from votes, and go with the other formats.");
  if (!is_store(config.dataset))
    throw UsageError(fmt::format("nudge preferences export: events are the log of a store, and {} is none.",
                                 config.dataset));
  Store store(config.dataset, {.access = Store::Access::read});
  const Transaction one_moment(store.database(), /*writes=*/false);
  std::vector<std::int64_t> guidelines(static_cast<std::size_t>(store.ledger().guidelines_version()));
  std::iota(guidelines.begin(), guidelines.end(), 1);
  const auto [number, hash] = store.log().last();
  Exported exported{.text = event_lines(store.log())};
  exported.manifest = {{"format", name_of(out.format)},
                       {"query", Json::object()},
                       {"counts", {{"comparisons", store.ledger().comparison_count()}, {"records", number}}},
                       {"left_out", Json::object()},
                       {"guideline_versions", guidelines},
                       {"sha256", sha256(exported.text)},
                       {"source", source_json(config, "store", hash)}};
  return exported;
}

bool none_known(const std::vector<std::string>& asked, const std::set<std::string>& known) {
  return !asked.empty() &&
         std::ranges::none_of(asked, [&](const std::string& name) { return known.contains(name); });
}

std::string some_of(const std::set<std::string>& names) {
  constexpr std::size_t kMost = 10;
  const auto shown = names | std::views::take(kMost);
  const std::string more = names.size() > kMost ? fmt::format(" and {} more", names.size() - kMost) : "";
  return fmt::format("{}{}", fmt::join(shown.begin(), shown.end(), ", "), more);
}

/// Nothing was left to write: why.
std::string why_nothing(const ExportConfig& config, const Imported& imported, const Json& left_out) {
  std::set<std::string> sources, raters;
  for (const Comparison& comparison : imported.comparisons) sources.insert(comparison.source);
  for (const Vote& vote : imported.votes) raters.insert(vote.rater);
  if (none_known(config.out.sources, sources))
    return fmt::format("no comparison is of the source {}; there are {}", fmt::join(config.out.sources, ", "),
                       some_of(sources));
  if (none_known(config.out.raters, raters))
    return fmt::format("no vote is by the rater {}; there are {}", fmt::join(config.out.raters, ", "),
                       some_of(raters));
  if (left_out.empty())
    return fmt::format("no comparison has {} raters whose votes count and who are asked for (--min_votes)",
                       config.out.min_votes);
  std::vector<std::string> reasons;
  for (const auto& [reason, count] : left_out.items())
    reasons.push_back(fmt::format("{} ({})", count.dump(), reason));
  return fmt::format("left out were {}", fmt::join(reasons, ", "));
}

Exported votes_of(const ExportConfig& config) {
  const Imported imported = read_comparisons(config.dataset);
  Exported exported = export_preferences(imported.comparisons, imported.votes, config.out);
  const bool something = exported.manifest["counts"]["records"] != 0;
  require(something || !imported.votes.empty(),
          "{}: nobody has voted on any of its {} comparisons yet; collect votes with nudge label.",
          config.dataset, imported.comparisons.size());
  require(something, "{}: nothing is left to export of {} comparisons with {} votes: {}.", config.dataset,
          imported.comparisons.size(), imported.votes.size(),
          why_nothing(config, imported, exported.manifest["left_out"]));
  exported.manifest["source"] = source_json(config, imported.format, content_hash(config.dataset));
  return exported;
}

std::string summary_of(const std::string& output, const Json& manifest) {
  const Json& counts = manifest["counts"];
  const auto count_of = [&](const char* what) {
    return counted(counts[fmt::format("{}s", what)].get<std::int64_t>(), what);
  };
  std::string summary = fmt::format("{}: {}", output, count_of("record"));
  if (counts.contains("votes")) summary += " of " + count_of("vote");
  summary += " on " + count_of("comparison");
  for (const auto& [reason, count] : manifest["left_out"].items())
    summary += fmt::format("\n  left out: {} ({})", count.dump(), reason);
  return summary;
}

}  // namespace

int run_preferences_export(std::span<const std::string> arguments) {
  ExportConfig config;
  Options options("preferences export", "Writes preferences for trainers, byte by byte reproducible.");
  declare(options, config);
  options.start_with({"format", "aggregate"},
                     "nudge preferences export --dataset answers.store --output pairs.jsonl");
  if (!options.parse(arguments)) return 0;

  const Exported exported = config.out.format == ExportFormat::events ? events_of(config) : votes_of(config);
  const std::string manifest = to_pretty(exported.manifest);
  const NamedBytes beside{config.output + ".manifest.json", manifest};
  const bool is_file = write_with_companions({config.output, exported.text}, {&beside, 1});
  const std::string summary = summary_of(config.output, exported.manifest);
  if (is_file)
    fmt::print("{}\n", summary);
  else
    say(summary);  // standard output may be where the records went
  return 0;
}

}  // namespace nudge
