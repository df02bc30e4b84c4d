#pragma once

#include <cstdint>
#include <filesystem>

#include "base/files.h"
#include "base/json.h"

namespace nudge {

/// A JSON Lines file whose lines each carry the step they belong to, so that a resumed run can cut it back
/// to its checkpoint and write the same bytes again. The file is made by the first line.
class StepLog {
 public:
  explicit StepLog(std::filesystem::path path) : path_(std::move(path)) {}

  /// Appends {"step": step, ...record} in one system call. Error when it cannot be written: the run can then
  /// be resumed without loss, while a log with a gap could not.
  void write(std::int64_t step, const Json& record);

  /// Removes the lines of later steps, and a last line that was cut off when the process died.
  void cut_after(std::int64_t step);

  /// On disk, not only in the system's cache: before a checkpoint that counts on these lines.
  void sync();

 private:
  std::filesystem::path path_;
  AppendFile file_;
  bool open_ = false;
};

}  // namespace nudge
