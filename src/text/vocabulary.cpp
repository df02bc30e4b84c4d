#include "text/vocabulary.h"

#include <functional>

#include "base/error.h"

namespace nudge {
namespace {

std::uint32_t hash_of(std::string_view token) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(token));
}

}  // namespace

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
  std::optional<std::string>& name = tokens_[id];
  require(!name, "{}: the id {} is given to two tokens, \"{}\" and \"{}\".", where, id, name.value_or(""),
          token);
  if (2 * ++count_ > slots_.size()) grow();
  const std::uint32_t hash = hash_of(token);
  Slot& slot = slots_[slot_of(token, hash)];
  require(slot.id < 0, "{}: the token \"{}\" stands twice in the vocabulary.", where, token);
  slot = {hash, static_cast<TokenId>(id)};
  name = token;
}

std::optional<TokenId> Vocabulary::id_of(std::string_view token) const {
  const TokenId id = slots_[slot_of(token, hash_of(token))].id;
  return id < 0 ? std::nullopt : std::optional(id);
}

/// Where the token stands, or would.
std::size_t Vocabulary::slot_of(std::string_view token, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].id >= 0 && (slots_[at].hash != hash || *tokens_[slots_[at].id] != token))
    at = (at + 1) & mask;
  return at;
}

void Vocabulary::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id < 0) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].id >= 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

}  // namespace nudge
