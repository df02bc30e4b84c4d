#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/added_tokens.h"
#include "text/token_model.h"
#include "text/word_cache.h"

namespace nudge {

/// SentencePiece's unigram language model (Kudo 2018): of all ways to cut a word into tokens, the one with
/// the largest sum of scores, by Viterbi's algorithm, as `tokenizers` computes it. What no token covers costs
/// ten more than the worst token, and becomes bytes, or the unknown token. Immutable but for its cache.
class UnigramModel : public TokenModel {
 public:
  /// Throws Error naming `where`.
  UnigramModel(const Json& model, bool byte_level, std::string_view where);

  void encode(std::string_view word, std::vector<TokenId>& ids) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  std::string rules() const override;

 private:
  /// The last token of the best way to a place in a word.
  struct Step {
    double score = 0;
    std::size_t begin = kUnreached;
    bool unknown = false;
  };
  static constexpr std::size_t kUnreached = std::string_view::npos;

  std::vector<Step> best_steps(std::string_view word) const;
  void append(std::string_view piece, std::vector<TokenId>& ids) const;

  std::string where_;
  bool byte_level_;
  Vocabulary vocabulary_;
  std::vector<double> scores_;
  double unknown_score_ = 0;
  TokenTrie trie_;
  std::optional<TokenId> unknown_;
  std::array<std::optional<TokenId>, 256> byte_ids_;  // of <0x00>..<0xFF>, with byte fallback
  mutable WordCache cache_;
};

}  // namespace nudge
