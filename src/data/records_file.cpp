#include "data/records_file.h"

#include "base/error.h"
#include "data/dataset.h"

namespace nudge {

std::vector<Json> read_records(const std::filesystem::path& path) {
  const Dataset dataset = Dataset::read(path);
  for (const LeftOut& bad : dataset.bad()) fail("{}: {}.", bad.first, bad.reason);
  std::vector<Json> records;
  dataset.each([&](const Json& record) { records.push_back(record); });
  return records;
}

}  // namespace nudge
