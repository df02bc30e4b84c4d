#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/token_model.h"

namespace nudge {

/// Every word is a token, or the unknown one. Immutable.
class WordLevelModel : public TokenModel {
 public:
  /// Throws Error naming `where`.
  WordLevelModel(const Json& model, bool byte_level, std::string_view where);

  void encode(std::string_view word, std::vector<TokenId>& ids) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  std::string rules() const override { return {}; }

 private:
  Vocabulary vocabulary_;
  std::optional<TokenId> unknown_;
  std::string where_;
  bool byte_level_;
};

}  // namespace nudge
