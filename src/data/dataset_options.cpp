#include "data/dataset_options.h"

#include <fmt/ranges.h>

#include <cmath>

#include "base/error.h"
#include "base/options.h"
#include "base/progress.h"
#include "data/rendered_texts.h"

namespace nudge {

void declare(Options& options, DatasetOptions& config) {
  options
      .add("split", config.split,
           "Of a --dataset that is a folder: the split that is read (train, test ...), as Hugging Face's "
           "default patterns name its files; empty: the only one.")
      .shown_as("NAME");
  options
      .add("max_bad_records", config.max_bad_records,
           "Share of a file's records that may be unreadable or of no known form; they are left out and "
           "named. 0 allows none, anything else at least one.")
      .within(between(0, 1));
}

void declare_with_model(Options& options, DatasetOptions& config) {
  declare(options, config);
  options.add(
      "prerendered", config.prerendered,
      "Texts are rendered by the model's chat template already: names of special tokens in them are the "
      "tokens. Contents of messages never are.");
}

ChatFormat reading_as(const DatasetOptions& config, const ChatFormat& format) {
  return config.prerendered ? format.reading_rendered() : format;
}

std::int64_t DatasetOptions::allowed_of(std::int64_t records) const {
  if (max_bad_records == 0) return 0;
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::floor(max_bad_records * static_cast<double>(records))));
}

void settle(const Dataset& dataset, const std::string& command, const DatasetOptions& config) {
  const std::int64_t bad = dataset.bad_count();
  if (bad == 0) return;
  const bool some_left = bad < std::ssize(dataset);
  require(some_left, "{}: none of the {} records of {} can be used: {}.", command, dataset.size(),
          dataset.name(), reasons_text(dataset.bad()));
  require(bad <= config.allowed_of(std::ssize(dataset)),
          "{}: {} of {} records of {} cannot be used, more than the share of {} that is allowed "
          "(--max_bad_records): {}.",
          command, bad, dataset.size(), dataset.name(), config.max_bad_records, reasons_text(dataset.bad()));
  warn(fmt::format("{}: {} of {} records of {} cannot be used and are left out: {}.", command, bad,
                   dataset.size(), dataset.name(), reasons_text(dataset.bad())));
}

void say_left_out(const std::vector<LeftOut>& left_out, const std::string& what, const Dataset& dataset,
                  const std::string& command) {
  for (const auto& [reason, count, first] : left_out)
    warn(fmt::format("{}: {} {} of {} left out: {}; the first is {}.", command, count, what, dataset.name(),
                     reason, first));
}

void say_unused(const Dataset& dataset, DatasetUse use, const ChatFormat& format, const std::string& command,
                const std::vector<std::string>& also) {
  const auto [columns, turn_keys, roles] =
      unused_keys(dataset, use, format.tokenizer().chat_template(), also);
  const auto say = [&](const char* what, const std::vector<UnusedKeys::Count>& counts, const char* unit) {
    std::vector<std::string> named;
    for (const auto& [name, count] : counts)
      named.push_back(fmt::format("\"{}\" ({} {})", name, count, unit));
    if (!named.empty())
      warn(fmt::format("{}: {} {}: {}.", command, dataset.name(), what, fmt::join(named, ", ")));
  };
  say("has columns that are not used", columns, "records");
  say("has turns with keys that are not used (the model's chat template does not read them)", turn_keys,
      "turns");
  say("has turns of roles that nudge does not know; the chat template gets them as they are", roles, "turns");
  if (format.reads_rendered()) return;
  if (const RenderedTexts rendered = rendered_texts(dataset, format.tokenizer()); rendered.records > 0)
    warn(fmt::format(
        "{}: {} of {} records of {} hold the model's special tokens as text ({}), as if its chat "
        "template had been applied already; they are read in letters. --prerendered reads them as "
        "tokens.",
        command, rendered.records, dataset.size(), dataset.name(), fmt::join(rendered.names, ", ")));
}

}  // namespace nudge
