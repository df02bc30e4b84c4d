#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/metrics.h"

namespace nudge {

/// Scalars as TensorBoard reads them: files of checksummed records, each an Event in protobuf's wire format
/// (tensorflow/core/util/event.proto, tensorflow/core/lib/io/record_writer.h). The file
/// events.out.tfevents.TIME.HOST is made by the first event.
class EventWriter {
 public:
  explicit EventWriter(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Makes TensorBoard forget what earlier files of the folder say of `step` and later.
  void restart_at(std::int64_t step) { restart_ = step; }

  /// One event with all values of a step; each is flushed. Throws Error.
  void scalars(std::int64_t step, const Metrics& values);

 private:
  void open();
  void write(const std::string& event);

  std::filesystem::path folder_, path_;
  AppendFile file_;
  std::optional<std::int64_t> restart_;
};

/// CRC-32C (Castagnoli) of the bytes.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace nudge
