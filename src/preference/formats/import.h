#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/names.h"
#include "preference/formats/imported.h"

namespace nudge {

/// A form of preferences; in the order of asking, the more particular columns first.
enum class ImportFormat {
  automatic,  // told by the columns
  raw,
  finegrained,
  pandalm,
  llmbar,
  sharegpt,
  ranking,
  candidates,
  pairs,
  kto,
};
constexpr auto names_table(ImportFormat) {
  using enum ImportFormat;
  return std::to_array<Named<ImportFormat>>({{automatic, "auto"},
                                             {raw, "raw"},
                                             {finegrained, "finegrained"},
                                             {pandalm, "pandalm"},
                                             {llmbar, "llmbar"},
                                             {sharegpt, "sharegpt"},
                                             {ranking, "ranking"},
                                             {candidates, "candidates"},
                                             {pairs, "pairs"},
                                             {kto, "kto"}});
}

struct ImportOptions {
  ImportFormat format = ImportFormat::automatic;
  std::string source;  // name of the data, the front of every id; empty: the file's name
};

/// The format that has this record's columns.
std::optional<ImportFormat> detect_format(const Json& record);

/// Reads comparisons and votes from a file (.jsonl, .json, .csv, each also .gz or .zst), each record by the
/// format that its columns have. Lines that are no JSON and records that cannot be used are left out and
/// counted by reason. Throws Error where nothing can be used at all.
Imported import_file(const std::filesystem::path& path, const ImportOptions& options);

}  // namespace nudge
