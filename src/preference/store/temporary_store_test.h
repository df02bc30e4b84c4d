#pragma once

// What the tests of the store and the server have in common.

#include <filesystem>
#include <string>
#include <vector>

#include "base/hex.h"
#include "preference/store/store.h"

namespace nudge {

/// The path of a store that goes with the object.
class TemporaryStore {
 public:
  TemporaryStore() : path_(std::filesystem::temp_directory_path() / ("nudge-" + random_hex(8) + ".store")) {}
  ~TemporaryStore() {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + suffix);
  }
  TemporaryStore(const TemporaryStore&) = delete;
  TemporaryStore& operator=(const TemporaryStore&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// c0, c1, ... with so many answers each; the first `gold` of them are gold items whose answer 0 is best.
inline std::vector<Comparison> made_comparisons(std::int64_t count, std::size_t answers = 2,
                                                std::int64_t gold = 0) {
  std::vector<Comparison> comparisons;
  for (std::int64_t i = 0; i < count; ++i) {
    Comparison comparison{.id = fmt::format("c{}", i), .source = "made"};
    comparison.prompt = {.id = fmt::format("p{}", i), .messages = {{"user", fmt::format("Question {}?", i)}}};
    std::vector<std::int64_t> ranks;
    for (std::size_t k = 0; k < answers; ++k) {
      comparison.answers.push_back(
          {.content = fmt::format("answer {} to {}", k, i), .model = fmt::format("m{}", k)});
      ranks.push_back(static_cast<std::int64_t>(k));
    }
    if (i < gold) comparison.extra["gold_ranks"] = ranks;
    comparisons.push_back(std::move(comparison));
  }
  return comparisons;
}

inline Vote vote_on(const std::string& comparison, const std::string& rater) {
  return {.comparison = comparison, .ranks = {0, 1}, .rater = rater, .protocol = "import", .seconds = 4};
}

}  // namespace nudge
