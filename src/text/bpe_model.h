#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "text/merge_table.h"
#include "text/token_model.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"
#include "text/word_cache.h"

namespace nudge {

/// The `model` of a tokenizer.json: byte-pair encoding of one word (Sennrich et al. 2016), with the byte
/// fallback of SentencePiece. Immutable but for its cache, safe from many threads.
class BpeModel : public TokenModel {
 public:
  /// Throws Error naming `where`.
  BpeModel(const Json& model, bool byte_level, std::string_view where);

  void encode(std::string_view word, std::vector<TokenId>& ids) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  std::string rules() const override;
  /// The merges in order, as pairs of ids.
  const std::vector<std::pair<TokenId, TokenId>>& merges() const { return merge_list_; }

 private:
  void read_merges(const Json& merges, std::string_view where);
  void read_flags(const Json& model, std::string_view where);
  std::optional<TokenId> whole_word(std::string_view word) const;
  std::vector<TokenId> first_symbols(std::string_view word) const;

  bool byte_level_;
  bool byte_fallback_ = false, fuse_unknown_ = false, ignore_merges_ = false;
  std::optional<TokenId> unknown_;
  Vocabulary vocabulary_;
  MergeTable merges_;
  std::vector<std::pair<TokenId, TokenId>> merge_list_;
  std::array<std::optional<TokenId>, 256> byte_ids_;  // of stand-ins, or of <0x00>..<0xFF>
  mutable WordCache cache_;
};

/// Merges neighbours in order of rank, leftmost first, until none merges.
std::vector<TokenId> merge_symbols(const std::vector<TokenId>& symbols, const MergeTable& merges);

}  // namespace nudge
