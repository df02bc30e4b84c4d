#include "text/vocabulary.h"

#include "base/error.h"

namespace nudge {

Vocabulary Vocabulary::from_json(const Json& model, std::string_view where) {
  const auto tokens = model.find("vocab");
  require(tokens != model.end() && tokens->is_object(), "{}: the model has no vocabulary.", where);
  Vocabulary vocabulary;
  for (const auto& [token, id] : tokens->get_ref<const Json::object_t&>()) {
    require(id.is_number_integer(), "{}: the id of token \"{}\" is not an integer.", where, token);
    vocabulary.add(token, id.get<std::int64_t>(), where);
  }
  return vocabulary;
}

void Vocabulary::add(const std::string& token, std::int64_t id, std::string_view where) {
  require(id >= 0 && id < kMaxTokens, "{}: token \"{}\" has the id {}; ids must lie in 0..{}.", where, token,
          id, kMaxTokens - 1);
  require(token.size() <= kMaxTokenBytes, "{}: the token with id {} has {} bytes; at most {} are supported.",
          where, id, token.size(), kMaxTokenBytes);
  if (size() <= id) tokens_.resize(id + 1);
  const std::string*& name = tokens_[id];
  require(name == nullptr, "{}: the id {} is given to two tokens, \"{}\" and \"{}\".", where, id,
          name ? *name : "", token);
  auto [entry, fresh] = ids_.emplace(token, static_cast<TokenId>(id));
  require(fresh, "{}: the token \"{}\" stands twice in the vocabulary.", where, token);
  name = &entry->first;
}

std::optional<TokenId> Vocabulary::id_of(std::string_view token) const {
  auto found = ids_.find(token);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

const std::string* Vocabulary::token(std::int64_t id) const {
  return id >= 0 && id < size() ? tokens_[id] : nullptr;
}

}  // namespace nudge
