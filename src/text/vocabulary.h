#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/tokenizer.h"

namespace nudge {

/// Token strings and their ids, both ways; ids need not be dense.
class Vocabulary {
 public:
  static constexpr std::int64_t kMaxTokens = std::int64_t{1} << 20;
  static constexpr std::size_t kMaxTokenBytes = 4096;

  /// The object of tokens and ids in the `model` of a tokenizer.json. Throws Error naming `where`.
  static Vocabulary from_json(const Json& model, std::string_view where);

  /// Throws Error when the token or its id is out of bounds or taken; `where` names the source.
  void add(const std::string& token, std::int64_t id, std::string_view where);

  std::optional<TokenId> id_of(std::string_view token) const;
  /// Null when no token has the id.
  const std::string* token(std::int64_t id) const {
    return id >= 0 && id < size() && tokens_[id] ? &*tokens_[id] : nullptr;
  }
  /// One more than the largest id.
  std::int64_t size() const { return std::ssize(tokens_); }

 private:
  /// An open-addressed table of ids: a vocabulary is read once for every run, and looked up for each merge.
  struct Slot {
    std::uint32_t hash = 0;
    TokenId id = -1;  // none
  };
  std::size_t slot_of(std::string_view token, std::uint32_t hash) const;
  void grow();

  std::vector<Slot> slots_ = std::vector<Slot>(16);
  std::size_t count_ = 0;
  std::vector<std::optional<std::string>> tokens_;  // by id
};

}  // namespace nudge
