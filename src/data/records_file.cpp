#include "data/records_file.h"

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/files.h"
#include "text/utf8.h"

namespace nudge {

namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kDocumentEnd = "<|endoftext|>";

// Other encodings are not guessed: a wrong guess trains on garbage without a word.
void require_utf8(std::string_view text, const std::string& where) {
  if (is_valid_utf8(text)) return;
  for (std::size_t line = 1;; ++line) {
    const auto end = text.find('\n');
    if (!is_valid_utf8(text.substr(0, end)))
      fail("{} line {} is not valid UTF-8; convert the file first (for example: iconv -f latin1 -t utf-8).",
           where, line);
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Json checked_record(Json record, const std::string& where) {
  require(record.is_object(), "{}: a record must be a JSON object, and here it is {}.", where,
          record.type_name());
  return record;
}

std::vector<Json> read_array(std::string_view text, const std::string& where) {
  Json list = parse_json(text, where);
  std::vector<Json> records;
  for (std::size_t i = 0; i < list.size(); ++i)
    records.push_back(checked_record(std::move(list[i]), fmt::format("{} record {}", where, i + 1)));
  return records;
}

// An object over several lines breaks off at the end of its first, and the reason given there would mislead.
void refuse_spread_object(std::string_view text, const std::string& where) {
  const std::string_view whole = trimmed(text);
  const bool spread = whole.starts_with('{') && !Json::accept(whole.substr(0, whole.find('\n')));
  require(!spread || !Json::accept(whole),
          "{}: the file is one JSON object over several lines, not a list of records; put one record on each "
          "line, or all into one list [...].",
          where);
}

std::vector<Json> read_lines(std::string_view text, const std::string& where) {
  refuse_spread_object(text, where);
  std::vector<Json> records;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty()) continue;
    const std::string place = fmt::format("{} line {}", where, number);
    records.push_back(checked_record(parse_json(line, place), place));
  }
  return records;
}

std::vector<Json> read_documents(std::string_view text) {
  std::vector<Json> records;
  while (!text.empty()) {
    const auto end = text.find(kDocumentEnd);
    const std::string_view document = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + kDocumentEnd.size());
    if (!document.empty()) records.push_back({{"text", std::string(document)}});
  }
  return records;
}

}  // namespace

std::vector<Json> read_records(const std::filesystem::path& path) {
  const std::string where = path.string();
  std::filesystem::path name = path.filename();
  if (name.extension() == ".gz") name.replace_extension();
  const std::string kind = name.extension().string();
  const bool known = kind == ".jsonl" || kind == ".json" || kind == ".txt";
  std::error_code unreadable;  // of a missing file, reading says so
  require(known || !std::filesystem::exists(path, unreadable),
          "{}: a dataset is a .jsonl, .json or .txt file, or one of these with .gz behind.", where);

  const std::string bytes = read_text(path);
  require_utf8(bytes, where);
  std::string_view text = bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte-order mark says nothing in UTF-8

  std::vector<Json> records;
  if (kind == ".txt") {
    records = read_documents(text);
  } else {
    const bool array = trimmed(text).starts_with('[');
    records = array ? read_array(text, where) : read_lines(text, where);
  }
  require(!records.empty(), "{}: the dataset is empty; there is nothing to read.", where);
  return records;
}

}  // namespace nudge
