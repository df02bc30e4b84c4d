// The kinds of file that hold a dataset.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "base/packed_text.h"
#include "data/csv.h"
#include "data/dataset.h"
#include "data/hub_hint.h"
#include "data/parquet.h"
#include "data/published_forms.h"
#include "data/record_keys.h"
#include "data/record_line.h"
#include "text/utf8.h"

namespace nudge {
namespace {

using Entries = std::vector<Dataset::Entry>;

constexpr std::string_view kDocumentEnd = "<|endoftext|>";

// Other encodings are not guessed: a wrong guess trains on garbage without a word.
void require_utf8(std::string_view text, const std::string& where) {
  if (is_valid_utf8(text)) return;
  for (std::size_t line = 1;; ++line) {
    const auto end = text.find('\n');
    if (!is_valid_utf8(text.substr(0, end)))
      fail("{} line {} is not valid UTF-8; {}.", where, line, kConvert);
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  auto begin = text.find_first_not_of(kBetweenRecords);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBetweenRecords) - begin + 1);
}

template <class Records>
Entries numbered(Records records) {
  Entries entries;
  for (Json& record : records) entries.push_back({.number = entries.size() + 1, .record = std::move(record)});
  return entries;
}

Entries read_array(std::string_view text, const std::string& where) {
  require_utf8(text, where);
  return numbered(parse_json(text, where));
}

// The member that holds the records where one object stands around them, as in {"train": [...]}.
std::string list_of_records(const Json& object) {
  for (const auto& [name, value] : object.items()) {
    const bool records =
        value.is_array() && !value.empty() && std::ranges::all_of(value, [](const Json& each) {
          return each.is_object() && !each.contains("role") && !each.contains("from");
        });
    if (records) return name;
  }
  return "";
}

bool is_record(const Json& object) {
  return usual_form(object).has_value() || !column_in(object, prompt_columns()).empty() ||
         !column_in(object, conversation_columns()).empty() || object.contains("text") ||
         object.contains("chosen");
}

// One object is no list of records, on one line or on several: which of its members is meant is not guessed.
void refuse_one_object(std::string_view text, const std::string& where) {
  const std::string_view whole = trimmed(text);
  const Json object = whole.starts_with('{') ? Json::parse(whole, nullptr, false) : Json();
  if (!object.is_object()) return;  // lines, or broken ones
  const std::string inside = list_of_records(object);
  require(
      inside.empty() || is_record(object),
      "{}: the file is one JSON object around a list of records, \"{}\"; write that list alone, for "
      "example: python3 -c \"import json; json.dump(json.load(open('{}'))['{}'], open('{}.json', 'w'))\".",
      where, inside, where, inside, inside);
  require(Json::accept(whole.substr(0, whole.find('\n'))),
          "{}: the file is one JSON object over several lines, not a list of records; put one record on each "
          "line, or all into one list [...].",
          where);
}

Dataset::Entry read_line(std::string_view line, std::size_t number) {
  Dataset::Entry entry{.number = number};
  try {
    entry.record = record_of_line(line);
  } catch (const Error& error) {
    entry.fault = error.what();
  }
  return entry;
}

Entries read_lines(std::string_view text, const std::string& where) {
  refuse_one_object(text, where);
  Entries entries;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (!line.empty()) entries.push_back(read_line(line, number));
  }
  return entries;
}

Entries read_documents(std::string_view text, const std::string& where) {
  require_utf8(text, where);
  Entries entries;
  while (!text.empty()) {
    const auto end = text.find(kDocumentEnd);
    const std::string_view document = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + kDocumentEnd.size());
    if (!document.empty())
      entries.push_back({.number = entries.size() + 1, .record = {{"text", std::string(document)}}});
  }
  return entries;
}

Entries read_table(std::string_view text, const std::string& where) {
  require_utf8(text, where);
  Entries entries;
  for (Json& record : read_csv(text, where)) {
    Dataset::Entry& entry = entries.emplace_back();
    entry.number = entries.size();
    if (record.is_null()) entry.fault = "the row has another number of cells than the heading";
    entry.record = std::move(record);
  }
  return entries;
}

}  // namespace

Dataset Dataset::read_file(const std::filesystem::path& path) {
  const std::string where = path.string();
  const std::string kind = name_unpacked(path).extension().string();
  const bool known = kind == ".jsonl" || kind == ".json" || kind == ".csv" || kind == ".txt";
  std::error_code unreadable;  // of a missing file, reading says so
  const std::string hint = hub_hint(path, "dataset");
  require(hint.empty() || std::filesystem::exists(path, unreadable), "{}: no such file.{}", where, hint);
  if (kind == ".parquet" && std::filesystem::exists(path, unreadable))
    return {where, "row", numbered(read_parquet(path))};
  require(known || !std::filesystem::exists(path, unreadable),
          "{}: a dataset is a .parquet, .jsonl, .json, .csv or .txt file, or one of these with .gz or .zst "
          "behind.",
          where);

  const std::string bytes = read_text(path);
  std::string_view text = bytes;
  refuse_utf16(text, where);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte-order mark says nothing in UTF-8
  require(!trimmed(text).empty(), "{}: the dataset is empty; there is nothing to read.", where);
  const bool lines = kind.starts_with(".json") && !trimmed(text).starts_with('[');
  Dataset dataset(where,
                  lines            ? "line"
                  : kind == ".csv" ? "row"
                                   : "record",
                  lines            ? read_lines(text, where)
                  : kind == ".txt" ? read_documents(text, where)
                  : kind == ".csv" ? read_table(text, where)
                                   : read_array(text, where));
  require(dataset.size() > 0, "{}: the dataset is empty; there is nothing to read.", where);
  return dataset;
}

}  // namespace nudge
