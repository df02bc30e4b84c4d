#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/json.h"

namespace nudge {

/// A file of records each of which can be read alone, by the place where it begins: the byte of its line in
/// JSON Lines, its row in Parquet, both from 0. Memory is that of a block, or of some batches of rows,
/// whatever the file's size. Not safe from several threads.
class RecordFile {
 public:
  /// Opens a .jsonl file (also a .json of lines), or Parquet. Throws Error for what is missing or empty, and
  /// for kinds that cannot be read from the middle: packed files, JSON arrays, CSV, documents.
  static std::unique_ptr<RecordFile> open(const std::filesystem::path& path);
  virtual ~RecordFile() = default;

  struct Found {
    std::uint64_t at, behind;  // where the record begins, and where to look for the next
  };
  /// The first record at or behind `from`; nothing at the end.
  virtual std::optional<Found> next(std::uint64_t from) = 0;
  /// The record that begins there. Throws Error with the reason where it is bad.
  virtual Json read(std::uint64_t at) = 0;
  /// The end of all places.
  virtual std::uint64_t size() const = 0;
  /// "FILE byte 1" (`tail -c +1 FILE | head -n 1` shows it) or "FILE row 1".
  virtual std::string where(std::uint64_t at) const = 0;
};

/// Whether open() takes the file, by its name and its first letter.
bool can_stream(const std::filesystem::path& path);

}  // namespace nudge
