#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/dataset_files.h"
#include "data/record_file.h"

namespace nudge {

/// Where a record stands: 16 bits for the number of its file, 48 for the place within (data/record_file.h).
using Place = std::uint64_t;

/// The files of a dataset that is read a record at a time. Not safe from several threads.
class RecordSource {
 public:
  /// Throws Error where one cannot be streamed. `name` is what messages call them together.
  RecordSource(std::string name, const std::vector<DatasetFile>& files);

  /// Throws Error with the reason where the record is bad.
  Json read(Place place) const;
  std::string where(Place place) const;

  static Place place(std::size_t file, std::uint64_t at) { return std::uint64_t{file} << 48 | at; }

  struct File {
    std::string path;
    double weight;
    std::unique_ptr<RecordFile> records;
  };
  const std::vector<File>& files() const { return files_; }
  const std::string& name() const { return name_; }

  /// About `most` records from the beginnings of the files, for what must be known before the first is drawn.
  Dataset head(std::size_t most = 1000) const;

 private:
  std::string name_;
  std::vector<File> files_;
};

}  // namespace nudge
