#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/look/inspect.h"
#include "data/messages.h"
#include "data/published_forms.h"
#include "data/record_keys.h"
#include "data/records_file.h"
#include "data/unused_keys.h"

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

std::vector<Column> columns_of(const Dataset& dataset) {
  std::vector<Column> columns;
  dataset.each([&](const Json& record) {
    for (const auto& [name, value] : record.items()) {
      auto column =
          std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
      if (column == columns.end())
        column = columns.insert(columns.end(), {.name = name, .type = type_of(value)});
      ++column->count;
      if (value.is_string()) column->lengths.push_back(value.get_ref<const std::string&>().size());
    }
  });
  return columns;
}

/// Each record as its reader sees it (data/published_forms.h).
template <class Visit>
void each_usual(const Dataset& dataset, Visit visit) {
  dataset.each([&](const Json& record) {
    const std::optional<Json> usual = usual_form(record);
    visit(usual ? *usual : record);
  });
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
  const std::string asked = column_in(record, prompt_columns()),
                    answer = column_in(record, completion_columns());
  if (has("completions") && has("ranks"))
    return std::string("ranked completions") + (asked.empty() ? "" : form(asked.c_str()));
  if (has("prompt") && has("chosen") && has("rejected"))
    return std::string("preference, explicit prompt") + form("chosen");
  if (has("chosen") && has("rejected")) return std::string("preference, implicit prompt") + form("chosen");
  if (has("prompt") && has("completion") && has("label"))
    return std::string("unpaired preference") + form("prompt");
  if (has("prompt") && has("completion")) return std::string("prompt-completion") + form("completion");
  if (has("messages")) return "language modelling, conversational";
  if (has("conversations")) return "language modelling, conversational (ShareGPT)";
  if (has("text")) return "language modelling, plain text";
  if (!asked.empty() && !answer.empty()) {
    const std::string labelled = label_column(record).empty() ? "prompt-completion" : "unpaired preference";
    return fmt::format("{}, as {} and {}", labelled, asked, answer);
  }
  if (has("turns")) return "prompt-only, MT-bench's turns";
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

/// The types of the records with their numbers, where there is more than one.
std::string types_of(const Dataset& dataset) {
  std::vector<std::pair<std::string, std::int64_t>> types;
  each_usual(dataset, [&](const Json& record) {
    const std::string type = trl_type(record);
    auto found = std::ranges::find(types, type, &std::pair<std::string, std::int64_t>::first);
    if (found == types.end()) found = types.insert(found, {type, 0});
    ++found->second;
  });
  if (types.size() == 1) return types.front().first;
  std::vector<std::string> counted;
  for (const auto& [type, count] : types)
    counted.push_back(fmt::format("{} ({})", type, with_thousands(count)));
  return fmt::format("{}", fmt::join(counted, "; "));
}

/// What the most likely reader of such records makes of their keys.
DatasetUse use_of(const Dataset& dataset) {
  DatasetUse use = DatasetUse::prompts;
  each_usual(dataset, [&](const Json& record) {
    if (record.contains("chosen") || record.contains("ranks"))
      use = DatasetUse::comparisons;
    else if (!label_column(record).empty() || record.contains("labels"))
      use = DatasetUse::labels;
    else if (record.contains("text") || !column_in(record, conversation_columns()).empty() ||
             !column_in(record, completion_columns()).empty())
      use = DatasetUse::demonstrations;
  });
  return use;
}

/// Keys that training on these records would not use, whatever the model's template reads.
std::string unused_text(const Dataset& dataset, const ChatFormat* format) {
  // A template that reads all: which keys of turns a model is given is said when there is a model.
  const std::string every = "tools documents tool_calls reasoning_content";
  const auto [columns, turn_keys, roles] =
      unused_keys(dataset, use_of(dataset), format ? format->tokenizer().chat_template() : every);
  std::vector<std::string> named;
  for (const auto& [name, count] : columns)
    named.push_back(fmt::format("{} ({})", name, with_thousands(count)));
  for (const auto& [name, count] : turn_keys)
    named.push_back(
        fmt::format("{} of turns ({}), unless the model's template reads it", name, with_thousands(count)));
  for (const auto& [name, count] : roles)
    named.push_back(
        fmt::format("the role {} ({}), unless the template knows it", name, with_thousands(count)));
  return named.empty() ? "no key" : fmt::format("{}", fmt::join(named, ", "));
}

/// The records that cannot be read, the first of them by their places.
void add_refused(Facts& facts, const Dataset& dataset) {
  constexpr std::int64_t kShown = 10;
  if (dataset.bad().empty()) return;
  facts.emplace_back("not readable", reasons_text(dataset.bad()));
  std::int64_t shown = 0;
  for (const Dataset::Entry& entry : dataset.entries())
    if (entry.record.is_null() && shown++ < kShown)
      facts.emplace_back(fmt::format("  {} {}", dataset.unit(), entry.number), entry.fault);
}

bool any_pair(const Dataset& dataset) {
  bool any = false;
  each_usual(dataset, [&](const Json& record) {
    any = any || (record.contains("chosen") && record.contains("rejected"));
  });
  return any;
}

}  // namespace

Facts inspect_dataset(const std::filesystem::path& name, const std::string& split, const ChatFormat* format) {
  Dataset dataset = Dataset::read(name, split);
  Facts facts{{"dataset", name.string()},
              {"records", with_thousands(static_cast<std::int64_t>(dataset.size()))}};
  add_refused(facts, dataset);
  facts.emplace_back("type", types_of(dataset));
  for (const Column& column : columns_of(dataset)) {
    facts.emplace_back(fmt::format("  {}", column.name), described(column, dataset.size()));
  }
  facts.emplace_back("not used", unused_text(dataset, format));
  if (any_pair(dataset)) {
    const PairsRead read = preference_pairs(dataset);
    facts.emplace_back("pairs", with_thousands(static_cast<std::int64_t>(read.pairs.size())));
    facts.emplace_back("left out", read.dropped.empty() ? "none" : reasons_text(read.dropped));
  } else if (format && use_of(dataset) == DatasetUse::demonstrations) {
    for (auto& fact : inspect_examples(dataset, *format)) facts.push_back(std::move(fact));
  }
  return facts;
}

}  // namespace nudge
