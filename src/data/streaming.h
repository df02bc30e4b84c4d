#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/record_source.h"
#include "data/streamed_examples.h"

namespace nudge {

class Options;

/// Whether and how records are read while training rather than before it.
struct StreamingOptions {
  bool streaming = false;
  double stream_above = 1;  // GB (1e9 bytes) of the files together; 0: never
  std::int64_t shuffle_buffer = 10000;
};
void declare(Options& options, StreamingOptions& streaming);

/// The files behind the names (data/dataset_files.h) where they are streamed: asked for, or because they are
/// large and can be, which is said. Nothing where they are read into memory. Throws Error where streaming is
/// asked for and a file cannot be read from the middle.
std::unique_ptr<RecordSource> streamed_records(const StreamingOptions& streaming,
                                               const std::vector<std::string>& names,
                                               const std::string& split);

/// Their examples: with `max_steps` through a shuffle buffer, else in a full shuffle over an index of all
/// records, which is built first.
std::unique_ptr<ExampleSource> streamed_examples(const StreamingOptions& streaming,
                                                 std::unique_ptr<RecordSource> records,
                                                 StreamedReading reading,
                                                 std::optional<std::int64_t> max_steps, std::int64_t batch,
                                                 std::uint64_t seed);

}  // namespace nudge
