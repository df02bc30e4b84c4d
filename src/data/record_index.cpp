#include "data/record_index.h"

#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <string_view>

#include "base/cache_folder.h"
#include "base/error.h"
#include "base/files.h"
#include "base/progress.h"

namespace nudge {
namespace {

namespace fs = std::filesystem;
using Places = std::vector<std::uint64_t>;

constexpr std::uint64_t kFormat = 0x31786469'65676475;  // "udgeidx1"

fs::path cache_of(const fs::path& file) {
  return cache_folder() / "indexes" / (sha256(fs::absolute(file).string()).substr(0, 32) + ".index");
}

// What an index holds for: format, bytes and time of change of the file, behind them the places.
Places key_of(const fs::path& file) {
  struct stat info{};
  require(::stat(file.c_str(), &info) == 0, "cannot read {}: {}.", file.string(), std::strerror(errno));
  return {kFormat, static_cast<std::uint64_t>(info.st_size),
          static_cast<std::uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000 +
              static_cast<std::uint64_t>(info.st_mtim.tv_nsec)};
}

// The places that an earlier run found; nothing where there was none, or the file is another now.
Places kept_places(const fs::path& cache, const Places& key) {
  std::error_code none;
  if (!fs::is_regular_file(cache, none)) return {};
  const std::string bytes = read_file(cache);
  Places all(bytes.size() / sizeof(std::uint64_t));
  std::memcpy(all.data(), bytes.data(), all.size() * sizeof(std::uint64_t));
  if (all.size() <= key.size() || !std::equal(key.begin(), key.end(), all.begin())) return {};
  return {all.begin() + static_cast<std::ptrdiff_t>(key.size()), all.end()};
}

void keep_places(const fs::path& cache, Places key, const Places& places) {
  key.insert(key.end(), places.begin(), places.end());
  try {
    write_file(cache, {reinterpret_cast<const char*>(key.data()), key.size() * sizeof(std::uint64_t)});
  } catch (const Error& error) {
    warn(fmt::format("The index of the records is not kept for the next run: {}", error.what()));
  }
}

Places found_places(RecordFile& records, const std::string& path) {
  constexpr std::uint64_t kShown = 1 << 20;
  Progress progress("index of " + fs::path(path).filename().string(),
                    static_cast<std::int64_t>(records.size() / kShown), "MiB");
  Places places;
  std::uint64_t shown = 0;
  for (std::uint64_t from = 0;;) {
    const auto found = records.next(from);
    if (!found) break;
    places.push_back(found->at);
    from = found->behind;
    if (from - shown > 16 * kShown) progress.update(static_cast<std::int64_t>((shown = from) / kShown));
  }
  return places;
}

}  // namespace

std::vector<Place> record_index(const RecordSource& source) {
  std::vector<Place> index;
  for (std::size_t number = 0; number < source.files().size(); ++number) {
    const auto& [path, weight, records] = source.files()[number];
    const fs::path cache = cache_of(path);
    const Places key = key_of(path);
    Places places = kept_places(cache, key);
    if (places.empty()) {
      places = found_places(*records, path);
      keep_places(cache, key, places);
    }
    for (const std::size_t i : visits(places.size(), weight, number))
      index.push_back(RecordSource::place(number, places[i]));
  }
  return index;
}

}  // namespace nudge
