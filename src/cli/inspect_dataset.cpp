#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "cli/inspect.h"
#include "data/messages.h"
#include "data/records_file.h"

namespace nudge {
namespace {

struct Column {
  std::string name;
  std::int64_t count = 0;            // records that have it
  std::string type;                  // of the first value
  std::vector<std::size_t> lengths;  // of texts, in bytes
};

std::string type_of(const Json& value) {
  return is_message_list(value) ? "messages" : value.is_string() ? "text" : value.type_name();
}

std::vector<Column> columns_of(const std::vector<Json>& records) {
  std::vector<Column> columns;
  for (const Json& record : records) {
    for (const auto& [name, value] : record.items()) {
      auto column =
          std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
      if (column == columns.end())
        column = columns.insert(columns.end(), {.name = name, .type = type_of(value)});
      ++column->count;
      if (value.is_string()) column->lengths.push_back(value.get_ref<const std::string&>().size());
    }
  }
  return columns;
}

/// The dataset type in TRL's words, by the columns of a record.
std::string trl_type(const Json& record) {
  const auto has = [&](const char* name) { return record.contains(name); };
  const auto form = [&](const char* name) {
    if (is_message_list(record[name])) return ", conversational";
    const bool transcript =
        record[name].is_string() && record[name].get<std::string>().starts_with("\n\nHuman:");
    return transcript ? ", HH-RLHF transcripts" : ", plain text";
  };
  if (has("input_ids")) return "tokenised (not read by nudge)";
  if (has("completions") && has("labels")) return "stepwise supervision (nudge reward --loss_type process)";
  if (has("completions") && has("ranks")) return std::string("ranked completions") + form("prompt");
  if (has("prompt") && has("chosen") && has("rejected"))
    return std::string("preference, explicit prompt") + form("chosen");
  if (has("chosen") && has("rejected")) return std::string("preference, implicit prompt") + form("chosen");
  if (has("prompt") && has("completion") && has("label"))
    return std::string("unpaired preference") + form("prompt");
  if (has("prompt") && has("completion")) return std::string("prompt-completion") + form("completion");
  if (has("messages")) return "language modelling, conversational";
  if (has("conversations")) return "language modelling, conversational (ShareGPT)";
  if (has("text")) return "language modelling, plain text";
  if (has("prompt")) return std::string("prompt-only") + form("prompt");
  if (has("question")) return "prompt-only, plain text";
  return "none that trainers know; see docs for the columns";
}

std::string described(const Column& column, std::size_t records) {
  std::string text = column.type;
  if (!column.lengths.empty()) {
    std::vector<std::size_t> lengths = column.lengths;
    std::sort(lengths.begin(), lengths.end());
    text += fmt::format(", {} to {} bytes, median {}", lengths.front(), lengths.back(),
                        lengths[lengths.size() / 2]);
  }
  if (column.count < static_cast<std::int64_t>(records))
    text += fmt::format(", in {} records", with_thousands(column.count));
  return text;
}

std::string dropped_pairs(const PairsRead& read) {
  std::vector<std::string> reasons;
  for (const auto& [reason, count] : read.dropped)
    reasons.push_back(fmt::format("{} ({})", with_thousands(count), reason));
  return reasons.empty() ? "none" : fmt::format("{}", fmt::join(reasons, ", "));
}

}  // namespace

Facts inspect_dataset(const std::filesystem::path& file) {
  const std::vector<Json> records = read_records(file);
  Facts facts{{"dataset", file.string()},
              {"records", with_thousands(static_cast<std::int64_t>(records.size()))},
              {"type", trl_type(records.front())}};
  for (const Column& column : columns_of(records)) {
    facts.emplace_back(fmt::format("  {}", column.name), described(column, records.size()));
  }
  if (records.front().contains("chosen") && records.front().contains("rejected")) {
    const PairsRead read = preference_pairs(records, file.string());
    facts.emplace_back("pairs", with_thousands(static_cast<std::int64_t>(read.pairs.size())));
    facts.emplace_back("left out", dropped_pairs(read));
  }
  return facts;
}

}  // namespace nudge
