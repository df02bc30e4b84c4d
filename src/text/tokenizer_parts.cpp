#include <iterator>

#include "base/error.h"
#include "base/files.h"
#include "text/bpe_tokenizer.h"

namespace nudge {
namespace {

Json member(const Json& json, const char* key) {
  auto found = json.find(key);
  return found == json.end() ? Json(nullptr) : *found;
}

Json checked(std::string_view document, const std::string& where) {
  require(document.size() <= TokenizerParts::kMaxFileBytes,
          "{}: the file has {} bytes; at most {} are supported.", where, document.size(),
          TokenizerParts::kMaxFileBytes);
  Json json = parse_json(document, where);
  require(json.is_object() && member(json, "model").is_object(),
          "{}: this is not a tokenizer.json (it has no \"model\").", where);
  return json;
}

std::vector<AddedToken> read_added_tokens(const Json& json, std::string_view where) {
  std::vector<AddedToken> tokens;
  Json list = member(json, "added_tokens");
  if (list.is_null()) return tokens;
  require(list.is_array(), "{}: \"added_tokens\" must be a list.", where);
  for (const Json& token : list) tokens.push_back(AddedToken::from_json(token, where));
  return tokens;
}

/// The model's vocabulary and the added tokens in one; a token may stand in both, under one id.
Vocabulary whole_vocabulary(const Vocabulary& model, const std::vector<AddedToken>& added,
                            std::string_view where) {
  Vocabulary all = model;
  for (const AddedToken& token : added) {
    auto known = all.id_of(token.content);
    require(!known || *known == token.id, "{}: the added token \"{}\" has the id {}, the vocabulary says {}.",
            where, token.content, token.id, known.value_or(-1));
    if (!known) all.add(token.content, token.id, where);
  }
  return all;
}

std::string fingerprint_of(const Vocabulary& vocabulary, const TokenModel& model) {
  std::string text;
  for (std::int64_t id = 0; id < vocabulary.size(); ++id)
    if (auto* token = vocabulary.token(id))
      fmt::format_to(std::back_inserter(text), "{} {} {}\n", id, token->size(), *token);
  return sha256(text + model.rules());
}

}  // namespace

TokenizerParts::TokenizerParts(std::string document, const std::string& where)
    : TokenizerParts(document, checked(document, where), where) {}

TokenizerParts::TokenizerParts(std::string text, const Json& json, const std::string& where)
    : document(std::move(text)),
      normalizer(member(json, "normalizer"), where),
      pre_tokenizer(member(json, "pre_tokenizer"), where),
      model(TokenModel::from_json(*json.find("model"), pre_tokenizer.byte_level(), where)),
      decoder(member(json, "decoder"), where),
      added_tokens(read_added_tokens(json, where)),
      vocabulary(whole_vocabulary(model->vocabulary(), added_tokens, where)),
      frame(read_post_processor(member(json, "post_processor"), vocabulary, where)),
      fingerprint(fingerprint_of(vocabulary, *model)) {}

}  // namespace nudge
