#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "preference/formats/imported.h"

namespace nudge {

struct ImportOptions {
  std::string format = "auto";  // one of import_formats(), or told by the columns
  std::string source;           // name of the data, the front of every id; empty: the file's name
};

/// The names that `format` may have, "auto" first.
std::vector<std::string> import_formats();

/// The format that these records have by their columns. Throws Error naming the formats where none fits.
std::string detect_format(const std::vector<Json>& records, std::string_view where);

/// Reads comparisons and votes from a file (.jsonl, .json, .csv, each also .gz). Records that cannot be used
/// are left out and counted by reason. Throws Error where nothing can be used at all.
Imported import_file(const std::filesystem::path& path, const ImportOptions& options);

}  // namespace nudge
