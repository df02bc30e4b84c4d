#pragma once

#include <string>
#include <string_view>

#include "text/tokenizer.h"

namespace nudge {

/// A rendered text as its ids, and where in them what stands in the text begins and ends.
class EncodedText {
 public:
  /// Names behind `quote` are ordinary text. The tokenizer must outlive it.
  EncodedText(std::string text, std::string_view quote, const Tokenizer& tokenizer);

  const std::string& text() const { return text_; }
  const std::vector<TokenId>& ids() const { return encoded_.ids; }

  /// How many ids this text has in common with the encoding of `other`, from the first on: for a prompt, and
  /// its answer behind it, where the answer begins (TRL 1.16 in data_utils.py, common_prefix_length).
  /// Encodes only what stands behind the last special token that both have.
  std::size_t departure(std::string_view other) const;
  /// How many ids the first `end` bytes of this text take, one that reaches beyond them left out ...
  std::size_t within(std::size_t end) const { return departure(std::string_view(text_).substr(0, end)); }
  /// ... and one that reaches beyond them included.
  std::size_t covering(std::size_t end) const;

 private:
  struct Common {
    std::size_t ids;
    bool all;  // the other's encoding goes no further
  };
  Common common_with(std::string_view other) const;

  std::string text_, quote_;
  const Tokenizer& tokenizer_;
  RenderedIds encoded_;
};

}  // namespace nudge
