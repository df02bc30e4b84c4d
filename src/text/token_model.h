#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/tokenizer.h"
#include "text/vocabulary.h"

namespace nudge {

/// The `model` of a tokenizer.json: ids of one word (a piece of pre-tokenized text). Safe from many threads.
class TokenModel {
 public:
  /// BPE, Unigram or WordLevel. `byte_level`: words are bytes whose stand-ins are the vocabulary's
  /// characters. Throws Error naming `where`, and a model that is none of these (WordPiece).
  static std::unique_ptr<const TokenModel> from_json(const Json& model, bool byte_level,
                                                     std::string_view where);
  virtual ~TokenModel() = default;

  /// Appends the ids of a word.
  virtual void encode(std::string_view word, std::vector<TokenId>& ids) const = 0;
  virtual const Vocabulary& vocabulary() const = 0;
  /// What decides ids beside the vocabulary, as text: merges, scores.
  virtual std::string rules() const = 0;
};

}  // namespace nudge
