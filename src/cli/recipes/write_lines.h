#pragma once

#include <filesystem>
#include <string>

#include "base/files.h"
#include "base/json.h"

namespace nudge {

/// Writes a JSON Lines file, one record an item.
template <class Items, class ToRecord>
void write_lines(const std::filesystem::path& path, const Items& items, ToRecord record) {
  std::string lines;
  for (const auto& item : items) lines += to_line(record(item)) + "\n";
  write_file(path, lines);
}

}  // namespace nudge
