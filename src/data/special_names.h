#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/added_tokens.h"
#include "text/tokenizer.h"

namespace nudge {

/// Tells special tokens that a chat template writes from the same names in text that it quotes: in text, a
/// quote (a private-use character) is put before every special name, which Tokenizer::encode_rendered then
/// reads as ordinary text.
class SpecialNames {
 public:
  explicit SpecialNames(const Tokenizer& tokenizer);

  /// Whether `text` holds the name of a special token.
  bool occur_in(std::string_view text) const;
  /// The first `end` bytes of `text` with `quote` before each special name that begins in them, overlapping
  /// ones too.
  std::string quoted(std::string_view text, std::string_view quote,
                     std::size_t end = std::string_view::npos) const;

 private:
  TokenTrie names_;
};

/// Two private-use characters that no text of `texts` holds. Throws Error when too few are left.
std::pair<std::string, std::string> unused_characters(const std::vector<std::string_view>& texts);

}  // namespace nudge
