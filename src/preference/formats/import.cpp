#include "preference/formats/import.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/packed_text.h"
#include "data/dataset.h"
#include "data/record_keys.h"
#include "data/records_file.h"
#include "preference/formats/importers.h"

namespace nudge {
namespace {

bool has(const Json& record, std::initializer_list<const char*> columns) {
  return std::ranges::all_of(columns, [&](const char* column) { return record.contains(column); });
}

bool answers_with_a_label(const Json& record) {
  return !label_column(record).empty() && (!column_in(record, completion_columns()).empty() ||
                                           !column_in(record, conversation_columns()).empty());
}

struct Format {
  ImportFormat format;
  bool (*fits)(const Json& record);
  void (*read)(const ImportRecords& records, ImportCollector& out);
};

/// In the order of asking: the more particular columns first.
const std::vector<Format>& formats() {
  static const std::vector<Format> list = {
      {ImportFormat::raw,
       [](const Json& r) { return has(r, {"id", "answers"}) || has(r, {"comparison", "outcome"}); },
       import_raw},
      {ImportFormat::finegrained,
       [](const Json& r) { return has(r, {"prediction 1", "prediction 2", "preference"}); },
       import_fine_grained},
      {ImportFormat::pandalm, [](const Json& r) { return has(r, {"response1", "response2", "annotator1"}); },
       import_pandalm},
      {ImportFormat::llmbar, [](const Json& r) { return has(r, {"input", "output_1", "output_2", "label"}); },
       import_llmbar},
      {ImportFormat::sharegpt, [](const Json& r) { return has(r, {"conversations", "chosen", "rejected"}); },
       import_sharegpt},
      {ImportFormat::ranking, [](const Json& r) { return has(r, {"completions", "ranks"}); },
       import_rankings},
      {ImportFormat::candidates, [](const Json& r) { return has(r, {"prompt", "completions"}); },
       import_rankings},
      {ImportFormat::pairs, [](const Json& r) { return has(r, {"chosen", "rejected"}); }, import_pairs},
      {ImportFormat::kto, answers_with_a_label, import_labels},
  };
  return list;
}

std::string plain_name(std::filesystem::path path) {
  path = name_unpacked(path.filename());
  return path.extension().empty() ? path.string() : path.stem().string();
}

/// The first format that has the record's columns, or the end of the list.
auto format_of(const Json& record) {
  return std::ranges::find_if(formats(), [&](const Format& format) { return format.fits(record); });
}

[[noreturn]] void refuse_columns(const Dataset& dataset) {
  std::vector<std::string> names, columns;
  for (const Format& format : formats()) names.push_back(name_of(format.format));
  dataset.each([&](const Json& record) {
    if (!columns.empty()) return;
    for (const auto& [name, value] : record.items()) columns.push_back(name);
  });
  fail("{}: no format of preferences has the columns {}; known are {} (see docs/preferences.md).{}",
       dataset.name(), fmt::join(columns, ", "), fmt::join(names, ", "),
       dataset.bad().empty() ? "" : " Not readable: " + reasons_text(dataset.bad()) + ".");
}

/// The records of each format, in the order of formats(); what fits none is left out.
std::vector<ImportRecords> by_format(const Dataset& dataset, ImportFormat asked, ImportCollector& out) {
  std::vector<ImportRecords> groups(formats().size());
  const auto named = std::ranges::find(formats(), asked, &Format::format);
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const Dataset::Entry& entry = dataset.entries()[i];
    out.record = entry.number;
    const auto format = named == formats().end() ? format_of(entry.record) : named;
    if (entry.record.is_null())
      out.leave_out(entry.fault);
    else if (format == formats().end())
      out.leave_out("no format of preferences has its columns");
    else
      groups[format - formats().begin()].push_back({entry.number, entry.record});
  }
  return groups;
}

}  // namespace

std::optional<ImportFormat> detect_format(const Json& record) {
  const auto format = format_of(record);
  return format == formats().end() ? std::nullopt : std::optional(format->format);
}

Imported import_file(const std::filesystem::path& path, const ImportOptions& options) {
  const Dataset dataset = Dataset::read(path);
  ImportCollector collector(options.source.empty() ? plain_name(path) : options.source);
  const std::vector<ImportRecords> groups = by_format(dataset, options.format, collector);
  std::vector<std::string> found;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].empty()) continue;
    found.push_back(name_of(formats()[i].format));
    formats()[i].read(groups[i], collector);
  }
  if (found.empty()) refuse_columns(dataset);
  Imported imported = collector.take();
  imported.unit = dataset.unit();
  imported.format = fmt::format("{}", fmt::join(found, " and "));
  require(!imported.comparisons.empty(), "{}: no record could be used as format {}.\n{}", path.string(),
          imported.format, remarks_text(imported));
  return imported;
}

}  // namespace nudge
