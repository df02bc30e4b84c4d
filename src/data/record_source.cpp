#include "data/record_source.h"

#include <utility>

#include "base/error.h"

namespace nudge {

RecordSource::RecordSource(std::string name, const std::vector<DatasetFile>& files) : name_(std::move(name)) {
  require(!files.empty() && files.size() < 65536, "{}: a dataset is 1 to 65535 files, and here are {}.",
          name_, files.size());
  for (const DatasetFile& file : files)
    files_.push_back({file.path, file.weight, RecordFile::open(file.path)});
}

Json RecordSource::read(Place place) const {
  return files_.at(place >> 48).records->read(place & 0xFFFF'FFFF'FFFF);
}

std::string RecordSource::where(Place place) const {
  return files_.at(place >> 48).records->where(place & 0xFFFF'FFFF'FFFF);
}

Dataset RecordSource::head(std::size_t most) const {
  std::vector<Json> records;
  const std::size_t of_each = std::max<std::size_t>(1, most / files_.size());
  for (const File& file : files_) {
    std::uint64_t from = 0;
    for (std::size_t i = 0; i < of_each; ++i) {
      const auto found = file.records->next(from);
      if (!found) break;
      from = found->behind;
      try {
        records.push_back(file.records->read(found->at));
      } catch (const Error&) {
        continue;  // named when it is drawn
      }
    }
  }
  return {"the beginning of " + name_, std::move(records)};
}

}  // namespace nudge
