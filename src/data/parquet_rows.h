#pragma once

#include <cstdint>
#include <cstdio>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace arrow {
class RecordBatch;
class RecordBatchReader;
}  // namespace arrow
namespace parquet::arrow {
class FileReader;
}  // namespace parquet::arrow

namespace nudge {

/// The rows of a Parquet file in any order, decoded in batches of which the last asked for are kept.
/// A row group can only be decoded from its first row on. One that is asked for rows behind which it was read
/// already is therefore written out once, as batches of Arrow's stream format that can be read alone, to a
/// file without a name in cache_folder(), which goes with this object: a full shuffle of a file of one large
/// row group takes its decoded size on the disk, not in memory. Not safe from several threads.
class ParquetRows {
 public:
  /// Keeps up to `kept_bytes` in memory, and at least one batch. Throws Error, or parquet::ParquetException,
  /// for what is no Parquet file.
  ParquetRows(std::string name, std::int64_t kept_bytes);
  ~ParquetRows();

  std::uint64_t count() const { return ends_.empty() ? 0 : ends_.back(); }

  struct Row {
    std::shared_ptr<arrow::RecordBatch> batch;
    std::int64_t number;  // in it
  };
  /// Row `at` of the file, which must be less than count(). Throws Error for bytes that make no sense and for
  /// a full disk.
  Row find(std::uint64_t at);

 private:
  struct Kept {
    std::shared_ptr<arrow::RecordBatch> batch;
    std::int64_t bytes;
    std::uint64_t asked;  // when, for the last time
  };
  /// A row group up to which row it was read.
  struct Reading {
    std::unique_ptr<arrow::RecordBatchReader> reader;
    std::uint64_t next, end;  // its next row; behind its last
  };
  struct Copy {
    std::uint64_t end;  // behind its last row
    std::int64_t at, bytes;
  };
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::map<std::uint64_t, Kept>::iterator kept(std::uint64_t at);
  void load(std::uint64_t at);
  void keep(std::uint64_t first, std::shared_ptr<arrow::RecordBatch> batch);
  bool read_copy(std::uint64_t at);
  Reading begin(std::size_t group);
  std::shared_ptr<arrow::RecordBatch> next_batch(Reading& reading) const;
  void copy(std::size_t group);
  void write_copy(std::uint64_t first, const arrow::RecordBatch& batch);

  std::string name_;
  std::int64_t most_bytes_;
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::vector<std::uint64_t> ends_;  // behind the last row of each row group
  std::vector<bool> begun_;          // the groups that were read, wholly or in part

  std::list<Reading> readings_;  // the latest first: rows about a border come from two groups by turns

  std::map<std::uint64_t, Kept> kept_;  // by their first rows
  std::int64_t kept_bytes_ = 0;
  std::uint64_t asked_ = 0;

  std::map<std::uint64_t, Copy> copies_;  // by their first rows
  std::unique_ptr<std::FILE, CloseFile> copied_;
};

}  // namespace nudge
