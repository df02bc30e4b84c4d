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

/// The name of the format that has this record's columns; empty where none has.
std::string detect_format(const Json& record);

/// Reads comparisons and votes from a file (.jsonl, .json, .csv, each also .gz), each record by the format
/// that its columns have. Lines that are no JSON and records that cannot be used are left out and counted by
/// reason. Throws Error where nothing can be used at all.
Imported import_file(const std::filesystem::path& path, const ImportOptions& options);

}  // namespace nudge
