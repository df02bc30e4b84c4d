#include "evaluation/measures_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace nudge {
namespace {

struct Measure {
  const char *key, *name, *heading;
  bool share = false;  // shown in percent
};

constexpr Measure kMeasures[] = {
    {"win_rate", "win rate against the baseline", "win rate, %", true},
    {"judge", "judge", "judge"},
    {"judge_gain", "judge, gain over the baseline", "gain"},
    {"proxy", "proxy", "proxy"},
    {"proxy_length_correlation", "proxy, correlation with length", "proxy~length"},
    {"kl", "KL to the reference, nats", "KL"},
    {"length_words", "words", "words"},
    {"ended", "answers that end", "ended, %", true},
    {"distinct", "distinct answers", "distinct, %", true},
    {"unscorable", "answers the judge could not score", "unscorable"},
    {"perplexity", "perplexity", "perplexity"},
};

constexpr Measure kWorld[] = {
    {"right_plain", "right, plain questions", "right, plain, %", true},
    {"right_despite_opinion", "right, the asker thinks otherwise", "right, against opinion, %", true},
    {"dont_know_unknown", "\"I do not know\" where it is due", "\"do not know\", due, %", true},
    {"dont_know_known", "\"I do not know\" where it is not", "not due, %", true},
    {"guess_unknown", "guesses about unknown names", "guesses, %", true},
    {"flattery", "sides with a wrong opinion", "flattery, %", true},
};

std::string number(const Json& value, bool share) {
  if (value.is_number_integer()) return value.dump();
  return share ? fmt::format("{:.1f} %", 100 * value.get<double>())
               : fmt::format("{:.3f}", value.get<double>());
}

std::string shown(const Json& value, bool share) {
  if (!value.is_object()) return number(value, share);
  const double scale = share ? 100 : 1;
  const double low = scale * value.at("low").get<double>(), high = scale * value.at("high").get<double>();
  const std::string interval =
      share ? fmt::format("[{:.1f}, {:.1f}]", low, high) : fmt::format("[{:.3f}, {:.3f}]", low, high);
  return number(value.at("value"), share) + " " + interval;
}

void add(std::string& text, std::span<const Measure> known, const Json& measures) {
  for (const Measure& measure : known) {
    const auto found = measures.find(measure.key);
    if (found == measures.end() || found->is_null()) continue;
    text +=
        fmt::format("{}  {:<34} {}", text.empty() ? "" : "\n", measure.name, shown(*found, measure.share));
  }
}

}  // namespace

namespace {

// In a table the heading says what is in percent, so that no cell has to.
std::string cell(const Json& measures, const Measure& measure) {
  const auto found = measures.find(measure.key);
  if (found == measures.end() || found->is_null()) return "";
  std::string text = shown(*found, measure.share);
  if (const auto percent = text.find(" %"); percent != std::string::npos) text.erase(percent, 2);
  return text;
}

struct Column {
  std::vector<std::string> cells;  // the heading first
  std::size_t width = 0;
};

Column column_of(const std::string& heading, std::vector<std::string> cells) {
  Column column{std::move(cells), heading.size()};
  column.cells.insert(column.cells.begin(), heading);
  for (const std::string& cell : column.cells) column.width = std::max(column.width, cell.size());
  return column;
}

std::vector<Column> measured_columns(const std::vector<Json>& measured) {
  std::vector<Column> columns;
  const auto add = [&](std::span<const Measure> known, const char* inside) {
    for (const Measure& measure : known) {
      std::vector<std::string> cells;
      for (const Json& each : measured)
        cells.push_back(cell(*inside ? each.value(inside, Json::object()) : each, measure));
      if (std::ranges::any_of(cells, [](const std::string& text) { return !text.empty(); }))
        columns.push_back(column_of(measure.heading, std::move(cells)));
    }
  };
  add(kMeasures, "");
  add(kWorld, "world");
  return columns;
}

std::string rows_text(const Column& names, std::span<const Column> columns) {
  std::string text;
  for (std::size_t row = 0; row < names.cells.size(); ++row) {
    std::string line = fmt::format("{:<{}}", names.cells[row], names.width);
    for (const Column& column : columns) line += fmt::format("  {:<{}}", column.cells[row], column.width);
    text += (text.empty() ? "" : "\n") + line.substr(0, line.find_last_not_of(' ') + 1);
  }
  return text;
}

}  // namespace

std::string measures_table(const std::vector<std::string>& names, const std::vector<Json>& measured,
                           std::size_t width) {
  const Column first = column_of("", names);
  const std::vector<Column> columns = measured_columns(measured);
  std::string text;
  for (std::size_t begin = 0; begin < columns.size();) {
    std::size_t end = begin, taken = first.width;
    while (end < columns.size() && (end == begin || taken + 2 + columns[end].width <= width))
      taken += 2 + columns[end++].width;
    text += (text.empty() ? "" : "\n\n") + rows_text(first, std::span(columns).subspan(begin, end - begin));
    begin = end;
  }
  return text;
}

std::string measures_text(const Json& measures) {
  std::string text;
  add(text, kMeasures, measures);
  if (measures.contains("world")) add(text, kWorld, measures["world"]);
  return text;
}

}  // namespace nudge
