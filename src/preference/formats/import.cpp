#include "preference/formats/import.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "data/records_file.h"
#include "preference/formats/csv.h"
#include "preference/formats/importers.h"
#include "text/utf8.h"

namespace nudge {
namespace {

bool has(const Json& record, std::initializer_list<const char*> columns) {
  return std::ranges::all_of(columns, [&](const char* column) { return record.contains(column); });
}

struct Format {
  const char* name;
  bool (*fits)(const Json& record);
  void (*read)(const std::vector<Json>& records, ImportCollector& out);
};

/// In the order of asking: the more particular columns first.
const std::vector<Format>& formats() {
  static const std::vector<Format> list = {
      {"raw", [](const Json& r) { return has(r, {"id", "answers"}) || has(r, {"comparison", "outcome"}); },
       import_raw},
      {"finegrained", [](const Json& r) { return has(r, {"prediction 1", "prediction 2", "preference"}); },
       import_fine_grained},
      {"pandalm", [](const Json& r) { return has(r, {"response1", "response2", "annotator1"}); },
       import_pandalm},
      {"llmbar", [](const Json& r) { return has(r, {"input", "output_1", "output_2", "label"}); },
       import_llmbar},
      {"sharegpt", [](const Json& r) { return has(r, {"conversations", "chosen", "rejected"}); },
       import_sharegpt},
      {"ranking", [](const Json& r) { return has(r, {"completions", "ranks"}); }, import_rankings},
      {"candidates", [](const Json& r) { return has(r, {"prompt", "completions"}); }, import_rankings},
      {"pairs", [](const Json& r) { return has(r, {"chosen", "rejected"}); }, import_pairs},
      {"kto", [](const Json& r) { return has(r, {"completion", "label"}); }, import_labels},
  };
  return list;
}

std::string plain_name(std::filesystem::path path) {
  path = path.filename();
  if (path.extension() == ".gz") path.replace_extension();
  return path.extension().empty() ? path.string() : path.stem().string();
}

std::vector<Json> records_of(const std::filesystem::path& path) {
  std::filesystem::path name = path;
  if (name.extension() == ".gz") name.replace_extension();
  const std::string kind = name.extension().string();
  require(kind == ".jsonl" || kind == ".json" || kind == ".csv",
          "{}: preferences are a .jsonl, .json or .csv file, or one of these with .gz behind.",
          path.string());
  if (kind != ".csv") return read_records(path);
  const std::string text = read_text(path);
  require(is_valid_utf8(text), "{} is not valid UTF-8; save it as UTF-8 first.", path.string());
  return read_csv(text, path.string());
}

}  // namespace

std::vector<std::string> import_formats() {
  std::vector<std::string> names = {"auto"};
  for (const Format& format : formats()) names.emplace_back(format.name);
  return names;
}

std::string detect_format(const std::vector<Json>& records, std::string_view where) {
  for (const Json& record : records)
    for (const Format& format : formats())
      if (format.fits(record)) return format.name;
  std::vector<std::string> names = import_formats();
  names.erase(names.begin());
  std::vector<std::string> columns;
  if (!records.empty())
    for (const auto& [name, value] : records.front().items()) columns.push_back(name);
  fail("{}: no format of preferences has the columns {}; known are {} (see docs/preferences.md).", where,
       fmt::join(columns, ", "), fmt::join(names, ", "));
}

Imported import_file(const std::filesystem::path& path, const ImportOptions& options) {
  const std::vector<Json> records = records_of(path);
  const std::string name = options.format == "auto" ? detect_format(records, path.string()) : options.format;
  const auto format = std::ranges::find(formats(), name, &Format::name);
  if (format == formats().end())
    throw UsageError(fmt::format("import: expected a format among {}, but came \"{}\".",
                                 fmt::join(import_formats(), ", "), name));
  ImportCollector collector(options.source.empty() ? plain_name(path) : options.source);
  format->read(records, collector);
  Imported imported = collector.take();
  imported.format = name;
  require(!imported.comparisons.empty(), "{}: no record could be used as format {}.\n{}", path.string(), name,
          remarks_text(imported));
  return imported;
}

}  // namespace nudge
