#include "preference/comparison_files.h"

#include <fmt/format.h>

#include <fstream>
#include <random>

#include "base/counted.h"
#include "base/files.h"
#include "base/progress.h"
#include "preference/formats/raw.h"
#include "preference/store/add_imported.h"

namespace nudge {
namespace {

StoreOptions new_or_known() {
  std::random_device entropy;
  return {.access = Store::Access::create, .seed = std::uint64_t{entropy()}};
}

}  // namespace

bool is_store(const std::filesystem::path& path) {
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  std::string start(kMagic.size(), ' ');
  std::ifstream(path, std::ios::binary).read(start.data(), static_cast<std::streamsize>(start.size()));
  return start == kMagic;
}

Imported load_comparisons(const std::filesystem::path& path, const ImportOptions& options) {
  if (!is_store(path)) return import_file(path, options);
  const Store store(path, {.access = Store::Access::read});
  return {.format = "store", .comparisons = store.comparisons(), .votes = store.votes()};
}

Imported read_comparisons(const std::filesystem::path& path, const ImportOptions& options) {
  Imported imported = load_comparisons(path, options);
  for (const auto& [what, count, first] : imported.left_out)
    warn(fmt::format("{}: {} left out ({}); the first is {} {}.", path.string(), counted(count, "record"),
                     what, imported.unit, first));
  for (const auto& [what, count, first] : imported.noted)
    warn(fmt::format("{}: {}: {}; first in {} {}.", path.string(), counted(count, "time"), what,
                     imported.unit, first));
  return imported;
}

std::string content_hash(const std::filesystem::path& path) {
  if (!is_store(path)) return sha256(read_file(path));
  return Store(path, {.access = Store::Access::read}).log().last_hash();
}

std::pair<std::int64_t, std::int64_t> write_comparisons(const std::filesystem::path& path,
                                                        const std::vector<Comparison>& comparisons,
                                                        const std::vector<Vote>& votes) {
  if (is_store(path) || path.extension() == ".store") {
    Store store(path, new_or_known());
    return add_imported(store, comparisons, votes);
  }
  write_file(path, raw_lines(comparisons, votes));
  return {std::ssize(comparisons), std::ssize(votes)};
}

}  // namespace nudge
