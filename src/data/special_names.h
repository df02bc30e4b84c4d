#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/tokenizer.h"

namespace nudge {

/// Tells special tokens that a chat template writes from the same names in text that it quotes. Text is
/// marked before rendering (`mark` puts a private-use character before every special name in it) and the
/// rendered text is read back by `encode`, for which a marked name is ordinary text.
class SpecialNames {
 public:
  explicit SpecialNames(const Tokenizer& tokenizer);

  /// Whether `text` holds the name of a special token.
  bool occur_in(std::string_view text) const;
  /// A private-use character that no text of `texts` holds. Throws Error when all are taken.
  static std::string unused_mark(const std::vector<std::string_view>& texts);
  /// `text` with `mark` before each special name in it, overlapping ones too.
  std::string mark(std::string_view text, std::string_view mark) const;
  /// Ids of rendered text: unmarked special names become their ids, marks vanish, the rest is ordinary text.
  std::vector<TokenId> encode(std::string_view rendered, std::string_view mark,
                              const Tokenizer& tokenizer) const;

 private:
  using Name = std::pair<std::string, TokenId>;
  const Name* at(std::string_view text, std::size_t position) const;  // the longest there, or null

  std::vector<Name> names_;  // longest first
};

}  // namespace nudge
