#include "text/word_level_model.h"

#include "base/error.h"
#include "text/byte_level.h"

namespace nudge {

WordLevelModel::WordLevelModel(const Json& model, bool byte_level, std::string_view where)
    : vocabulary_(Vocabulary::from_json(model, where)),
      unknown_(vocabulary_.id_of(get_or<std::string>(model, "unk_token", "", where))),
      where_(where),
      byte_level_(byte_level) {}

void WordLevelModel::encode(std::string_view word, std::vector<TokenId>& ids) const {
  const auto known = byte_level_ ? vocabulary_.id_of(to_byte_level(word)) : vocabulary_.id_of(word);
  const auto id = known ? known : unknown_;
  require(id.has_value(),
          "{}: the text has the word \"{}\", which is not in the vocabulary, and there is no unknown token.",
          where_, word);
  ids.push_back(*id);
}

}  // namespace nudge
