#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nudge {

/// SentencePiece's own normalization, as a tokenizer.json carries it (Precompiled): a trie of strings to what
/// they become, applied to user-perceived characters, as the crate spm_precompiled and `tokenizers` do.
/// Immutable, safe from many threads.
class CharacterMap {
 public:
  /// `encoded`: base64 of the trie's size, the trie (a double array of Darts), and the results, each closed
  /// by NUL. Throws Error naming `where`.
  CharacterMap(std::string_view encoded, std::string_view where);

  /// `text` is valid UTF-8.
  std::string normalize(std::string_view text) const;

 private:
  /// What the shortest string of the trie that `part` begins with becomes; null when there is none.
  const char* replacement(std::string_view part) const;
  void append(std::string_view character, std::string& normalized) const;

  std::vector<std::uint32_t> trie_;
  std::string results_;  // closed by NUL
};

}  // namespace nudge
