#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "text/tokenizer.h"

namespace nudge {

/// Token strings and their ids, both ways; ids need not be dense.
class Vocabulary {
 public:
  static constexpr std::int64_t kMaxTokens = std::int64_t{1} << 20;
  static constexpr std::size_t kMaxTokenBytes = 4096;

  Vocabulary() = default;
  Vocabulary(const Vocabulary&) = delete;  // tokens_ points into ids_
  Vocabulary& operator=(const Vocabulary&) = delete;
  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  /// The object of tokens and ids in the `model` of a tokenizer.json. Throws Error naming `where`.
  static Vocabulary from_json(const Json& model, std::string_view where);

  /// Throws Error when the token or its id is out of bounds or taken; `where` names the source.
  void add(const std::string& token, std::int64_t id, std::string_view where);

  std::optional<TokenId> id_of(std::string_view token) const;
  /// Null when no token has the id.
  const std::string* token(std::int64_t id) const;
  /// One more than the largest id.
  std::int64_t size() const { return std::ssize(tokens_); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_map<std::string, TokenId, Hash, std::equal_to<>> ids_;
  std::vector<const std::string*> tokens_;
};

}  // namespace nudge
