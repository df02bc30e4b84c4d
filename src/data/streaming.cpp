#include "data/streaming.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/options.h"
#include "base/progress.h"

namespace nudge {

void declare(Options& options, StreamingOptions& streaming) {
  options.section("Streaming");
  options.add("streaming", streaming.streaming,
              "Read records while training, not before it: for datasets larger than memory, in JSON Lines or "
              "Parquet.");
  options
      .add("stream_above", streaming.stream_above,
           "Files of more GB (1e9 bytes) together are streamed without being asked; 0: never.")
      .within(at_least(0));
  options
      .add("shuffle_buffer", streaming.shuffle_buffer,
           "Streamed with --max_steps: each record is drawn from so many that are read ahead. Without it an "
           "index of all records is built, and each epoch is a full shuffle.")
      .within(between(1, 1e8));
}

std::unique_ptr<RecordSource> streamed_records(const StreamingOptions& streaming,
                                               const std::vector<std::string>& names,
                                               const std::string& split) {
  const std::vector<DatasetFile> files = dataset_files(names, split);
  const std::string name = Dataset::name_of(names);
  if (streaming.streaming) return std::make_unique<RecordSource>(name, files);
  double bytes = 0;
  for (const DatasetFile& file : files) {
    std::error_code missing;
    if (const auto size = std::filesystem::file_size(file.path, missing); !missing)
      bytes += static_cast<double>(size);
  }
  const bool large = streaming.stream_above > 0 && bytes > streaming.stream_above * 1e9;
  const auto can = [](const DatasetFile& file) { return can_stream(file.path); };
  if (!large || !std::ranges::all_of(files, can)) return nullptr;
  say(fmt::format("{} holds {:.1f} GB, so it is streamed (--stream_above {}).", name, bytes / 1e9,
                  streaming.stream_above));
  return std::make_unique<RecordSource>(name, files);
}

std::unique_ptr<ExampleSource> streamed_examples(const StreamingOptions& streaming,
                                                 std::unique_ptr<RecordSource> records,
                                                 StreamedReading reading,
                                                 std::optional<std::int64_t> max_steps, std::int64_t batch,
                                                 std::uint64_t seed) {
  const bool ends = max_steps.value_or(-1) != -1;
  auto order =
      ends ? shuffled_in_buffer(*records, streaming.shuffle_buffer, seed) : shuffled_by_index(*records, seed);
  return std::make_unique<StreamedExamples>(std::move(records), std::move(order), std::move(reading), batch);
}

}  // namespace nudge
