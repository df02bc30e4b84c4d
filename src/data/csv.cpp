#include "data/csv.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"
#include "data/messages.h"

namespace nudge {
namespace {

bool formula_like(std::string_view cell) {
  const auto start = cell.find_first_not_of('\'');
  return start != std::string_view::npos &&
         std::string_view("=+-@\t\r").find(cell[start]) != std::string_view::npos;
}

using Row = std::vector<std::string>;

/// Reads one cell and moves `at` behind it, to the comma or line end.
std::string read_cell(std::string_view text, std::size_t& at, std::string_view where) {
  if (at >= text.size() || text[at] != '"') {
    const std::size_t end = std::min(text.find_first_of(",\r\n", at), text.size());
    const std::size_t begin = std::exchange(at, end);
    return std::string(text.substr(begin, end - begin));
  }
  std::string cell;
  for (++at;; ++at) {
    const std::size_t quote = text.find('"', at);
    require(quote != std::string_view::npos, "{}: a quoted cell does not end; is the file whole?", where);
    cell += text.substr(at, quote - at);
    at = quote + 1;
    if (at >= text.size() || text[at] != '"') return cell;
    cell += '"';
  }
}

std::vector<Row> read_rows(std::string_view text, std::string_view where) {
  std::vector<Row> rows;
  std::size_t at = 0;
  while (at < text.size()) {
    Row& row = rows.emplace_back();
    for (bool more = true; more;) {
      row.push_back(read_cell(text, at, where));
      // Behind a closing quote only a comma or a line end makes sense; anything else stays part of the cell.
      const std::size_t end = std::min(text.find_first_of(",\r\n", at), text.size());
      row.back() += text.substr(at, end - at);
      at = end;
      more = at < text.size() && text[at] == ',';
      if (more) ++at;
    }
    if (at < text.size() && text[at] == '\r') ++at;
    if (at < text.size() && text[at] == '\n') ++at;
    if (row.size() == 1 && row[0].empty()) rows.pop_back();  // an empty line
  }
  return rows;
}

Json number_or_text(const std::string& cell) {
  double number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  return error == std::errc() && end == cell.data() + cell.size() ? Json(number) : Json(cell);
}

Json truth_or_number(const std::string& cell) {
  if (cell == "true" || cell == "True" || cell == "TRUE") return true;
  if (cell == "false" || cell == "False" || cell == "FALSE") return false;
  return number_or_text(cell);
}

Json messages_or_text(const std::string& cell) {
  if (!cell.starts_with("[{")) return cell;
  try {
    Json value = parse_json(cell, "");
    read_messages(value, "");
    return value;
  } catch (const Error&) {
    return cell;  // an answer may well begin like this
  }
}

Json value_of(const std::string& column, std::string cell) {
  if (column == "label" || column == "tie") return truth_or_number(cell);
  if (column == "strength" || column == "margin" || column == "seconds" || column.starts_with("annotator"))
    return number_or_text(cell);
  if (cell.starts_with('\'') && formula_like(cell)) cell.erase(0, 1);
  constexpr std::array kConversational = {"prompt",   "chosen",        "rejected",
                                          "messages", "conversations", "completion"};
  return std::ranges::find(kConversational, column) != kConversational.end() ? messages_or_text(cell)
                                                                             : Json(cell);
}

}  // namespace

std::vector<Json> read_csv(std::string_view text, std::string_view where) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<Row> rows = read_rows(text, where);
  require(rows.size() >= 2, "{}: expected a heading and at least one row, but came {} rows.", where,
          rows.size());
  const Row& heading = rows.front();
  for (auto name = heading.begin(); name != heading.end(); ++name)
    require(name->empty() || std::find(heading.begin(), name, *name) == name,
            "{}: the heading names the column \"{}\" twice.", where, *name);
  std::vector<Json> records;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    Json& record = records.emplace_back();
    if (rows[i].size() != heading.size()) continue;
    record = Json::object();
    for (std::size_t column = 0; column < heading.size(); ++column)
      if (!rows[i][column].empty())
        record[heading[column]] = value_of(heading[column], std::move(rows[i][column]));
  }
  return records;
}

std::string csv_row(const std::vector<std::string>& cells) {
  std::string row;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) row += ',';
    const std::string cell = formula_like(cells[i]) ? "'" + cells[i] : cells[i];
    if (cell.find_first_of("\",\r\n") == std::string::npos) {
      row += cell;
      continue;
    }
    row += '"';
    for (const char c : cell) row += c == '"' ? std::string("\"\"") : std::string(1, c);
    row += '"';
  }
  return row + "\r\n";
}

}  // namespace nudge
