#include "data/parquet_rows.h"

#ifdef NUDGE_ARROW

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/byte_size.h>
#include <parquet/arrow/reader.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/cache_folder.h"
#include "base/error.h"
#include "base/progress.h"

namespace nudge {
namespace {

constexpr std::int64_t kBatchRows = 1024;
constexpr std::size_t kMostReadings = 4;

void require_good(const arrow::Status& status, const std::string& name) {
  require(status.ok(), "{}: the Parquet file cannot be read ({}).", name, status.message());
}

template <class T>
T good(arrow::Result<T> result, const std::string& name) {
  require_good(result.status(), name);
  return std::move(result).ValueUnsafe();
}

// Column by column through a buffer, not whole row groups at once.
std::unique_ptr<parquet::arrow::FileReader> reader_of(const std::string& name) {
  parquet::ReaderProperties bytes;
  bytes.enable_buffered_stream();
  parquet::ArrowReaderProperties rows(/*use_threads=*/false);
  rows.set_pre_buffer(false);
  rows.set_batch_size(kBatchRows);
  parquet::arrow::FileReaderBuilder builder;
  require_good(builder.Open(good(arrow::io::ReadableFile::Open(name), name), bytes), name);
  builder.properties(rows);
  return good(builder.Build(), name);
}

// Of the entries by first rows, the last that does not begin behind the row.
template <class Entries>
auto entry_before(Entries& entries, std::uint64_t at) {
  auto entry = entries.upper_bound(at);
  return entry == entries.begin() ? entries.end() : std::prev(entry);
}

std::FILE* file_without_name() {
  const std::filesystem::path folder = cache_folder() / "rows";
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  std::string path = (folder / "XXXXXX").string();
  const int descriptor = ::mkstemp(path.data());
  if (descriptor < 0) return nullptr;
  ::unlink(path.c_str());
  return ::fdopen(descriptor, "w+b");
}

}  // namespace

ParquetRows::ParquetRows(std::string name, std::int64_t kept_bytes)
    : name_(std::move(name)), most_bytes_(kept_bytes), file_(reader_of(name_)) {
  const auto metadata = file_->parquet_reader()->metadata();
  for (int i = 0; i < file_->num_row_groups(); ++i)
    ends_.push_back(count() + static_cast<std::uint64_t>(metadata->RowGroup(i)->num_rows()));
  begun_.resize(ends_.size());
}

ParquetRows::~ParquetRows() = default;

ParquetRows::Row ParquetRows::find(std::uint64_t at) {
  auto entry = kept(at);
  if (entry == kept_.end()) {
    load(at);
    entry = kept(at);
  }
  entry->second.asked = ++asked_;
  return {entry->second.batch, static_cast<std::int64_t>(at - entry->first)};
}

void ParquetRows::load(std::uint64_t at) {
  if (read_copy(at)) return;
  auto reading =
      std::ranges::find_if(readings_, [&](const Reading& each) { return at >= each.next && at < each.end; });
  if (reading == readings_.end()) {
    const auto end = std::ranges::upper_bound(ends_, at);
    const std::size_t group = static_cast<std::size_t>(end - ends_.begin());
    const std::uint64_t first = group == 0 ? 0 : ends_[group - 1];
    if (begun_[group] && *end - first > kBatchRows) {
      std::erase_if(readings_, [&](const Reading& each) { return each.end == *end; });
      copy(group);
      read_copy(at);
      return;
    }
    readings_.push_front(begin(group));
    if (readings_.size() > kMostReadings) readings_.pop_back();
    reading = readings_.begin();
  }
  while (reading->next <= at) {
    const std::uint64_t row = reading->next;
    keep(row, next_batch(*reading));
  }
  if (reading->next == reading->end) readings_.erase(reading);
}

std::map<std::uint64_t, ParquetRows::Kept>::iterator ParquetRows::kept(std::uint64_t at) {
  const auto entry = entry_before(kept_, at);
  const bool holds =
      entry != kept_.end() && at - entry->first < static_cast<std::uint64_t>(entry->second.batch->num_rows());
  return holds ? entry : kept_.end();
}

// What was asked for longest ago goes.
void ParquetRows::keep(std::uint64_t first, std::shared_ptr<arrow::RecordBatch> batch) {
  const auto forget = [this](auto entry) {
    kept_bytes_ -= entry->second.bytes;
    kept_.erase(entry);
  };
  if (const auto same = kept_.find(first); same != kept_.end()) forget(same);
  const std::int64_t bytes = arrow::util::TotalBufferSize(*batch);
  kept_bytes_ += bytes;
  while (kept_bytes_ > most_bytes_ && !kept_.empty())
    forget(std::ranges::min_element(kept_, {}, [](const auto& entry) { return entry.second.asked; }));
  kept_[first] = {std::move(batch), bytes, ++asked_};
}

ParquetRows::Reading ParquetRows::begin(std::size_t group) {
  begun_[group] = true;
  return {good(file_->GetRecordBatchReader({static_cast<int>(group)}), name_),
          group == 0 ? 0 : ends_[group - 1], ends_[group]};
}

std::shared_ptr<arrow::RecordBatch> ParquetRows::next_batch(Reading& reading) const {
  std::shared_ptr<arrow::RecordBatch> batch;
  require_good(reading.reader->ReadNext(&batch), name_);
  require(batch && batch->num_rows() > 0, "{}: the Parquet file ends before its row {}.", name_,
          reading.next + 1);
  reading.next += static_cast<std::uint64_t>(batch->num_rows());
  return batch;
}

bool ParquetRows::read_copy(std::uint64_t at) {
  const auto entry = entry_before(copies_, at);
  if (entry == copies_.end() || at >= entry->second.end) return false;
  const Copy& copy = entry->second;
  auto buffer = good(arrow::AllocateResizableBuffer(copy.bytes), name_);
  require(::fseeko(copied_.get(), copy.at, SEEK_SET) == 0 &&
              std::fread(buffer->mutable_data(), 1, static_cast<std::size_t>(copy.bytes), copied_.get()) ==
                  static_cast<std::size_t>(copy.bytes),
          "{}: the copy of its rows in {} cannot be read ({}).", name_, cache_folder().string(),
          std::strerror(errno));
  const auto bytes =
      std::make_shared<arrow::io::BufferReader>(std::shared_ptr<arrow::Buffer>(std::move(buffer)));
  std::shared_ptr<arrow::RecordBatch> batch;
  require_good(good(arrow::ipc::RecordBatchStreamReader::Open(bytes), name_)->ReadNext(&batch), name_);
  keep(entry->first, std::move(batch));
  return true;
}

void ParquetRows::copy(std::size_t group) {
  if (!copied_) {
    say(fmt::format(
        "{}: its rows are read out of order and its row groups are large, so they are copied to {} "
        "(as large as the texts themselves, gone with this run).",
        name_, cache_folder().string()));
    copied_.reset(file_without_name());
  }
  Reading reading = begin(group);
  while (reading.next < reading.end) {
    const std::uint64_t first = reading.next;
    write_copy(first, *next_batch(reading));
  }
}

void ParquetRows::write_copy(std::uint64_t first, const arrow::RecordBatch& batch) {
  const auto bytes = good(arrow::io::BufferOutputStream::Create(), name_);
  const auto writer = good(arrow::ipc::MakeStreamWriter(bytes, batch.schema()), name_);
  require_good(writer->WriteRecordBatch(batch), name_);
  require_good(writer->Close(), name_);
  const auto buffer = good(bytes->Finish(), name_);
  const std::size_t size = static_cast<std::size_t>(buffer->size());
  std::FILE* file = copied_.get();
  const bool written = file && ::fseeko(file, 0, SEEK_END) == 0;
  const std::int64_t at = written ? ::ftello(file) : -1;
  require(at >= 0 && std::fwrite(buffer->data(), 1, size, file) == size && std::fflush(file) == 0,
          "{}: its rows are read out of order and cannot be copied to {} ({}); name a folder with room in "
          "XDG_CACHE_HOME, or write the file with row groups of at most {} rows.",
          name_, cache_folder().string(), std::strerror(errno), kBatchRows);
  copies_[first] = {first + static_cast<std::uint64_t>(batch.num_rows()), at, buffer->size()};
}

}  // namespace nudge

#endif
