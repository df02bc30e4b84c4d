#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "text/tokenizer.h"

namespace nudge {

/// Ids of words seen before: natural text repeats its words, and a look-up is much cheaper than merging.
/// Safe from many threads; once full it keeps what it has.
class WordCache {
 public:
  static constexpr std::size_t kMaxWordBytes = 128;

  /// Appends the ids of `word` and returns true when it is known.
  bool append(std::string_view word, std::vector<TokenId>& ids) {
    Shard& shard = shard_of(word);
    const Lock lock(shard.mutex);
    auto found = shard.words.find(word);
    if (found == shard.words.end()) return false;
    ids.insert(ids.end(), found->second.begin(), found->second.end());
    return true;
  }

  void remember(std::string_view word, const TokenId* begin, const TokenId* end) {
    if (word.size() > kMaxWordBytes) return;
    Shard& shard = shard_of(word);
    const Lock lock(shard.mutex);
    if (shard.words.size() < kWordsPerShard) shard.words.try_emplace(std::string(word), begin, end);
  }

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kWordsPerShard = 4096;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const { return std::hash<std::string_view>{}(word); }
  };
  struct Shard {
    Mutex mutex;
    std::unordered_map<std::string, std::vector<TokenId>, Hash, std::equal_to<>> words
        NUDGE_LOCKING(guarded_by(mutex));
  };

  Shard& shard_of(std::string_view word) { return shards_[Hash{}(word) >> 32 & (kShards - 1)]; }

  std::array<Shard, kShards> shards_;
};

}  // namespace nudge
