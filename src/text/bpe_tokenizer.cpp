#include "text/bpe_tokenizer.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "text/utf8.h"

namespace nudge {

std::shared_ptr<const Tokenizer> Tokenizer::load(const std::filesystem::path& path) {
  auto file = std::filesystem::is_directory(path) ? path / "tokenizer.json" : path;
  require(std::filesystem::exists(file), "Loading the tokenizer {}: there is no such file.", file.string());
  auto parts = std::make_shared<const TokenizerParts>(read_file(file), file.string());
  return std::make_shared<BpeTokenizer>(parts, TokenizerConfig::read(file.parent_path()));
}

std::shared_ptr<const Tokenizer> Tokenizer::from_json(std::string document) {
  auto parts = std::make_shared<const TokenizerParts>(std::move(document), "tokenizer.json");
  return std::make_shared<BpeTokenizer>(parts, TokenizerConfig{});
}

BpeTokenizer::BpeTokenizer(std::shared_ptr<const TokenizerParts> parts, TokenizerConfig config)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      bos_(named("bos_token", config_.bos_token)),
      eos_(named("eos_token", config_.eos_token)),
      pad_(config_.pad_token.empty()
               ? std::nullopt
               : id_of(config_.pad_token)),  // nothing here pads, so a name without a token does no harm
      added_(added_and_named_tokens(), parts_->normalizer) {}

std::optional<TokenId> BpeTokenizer::named(const char* role, const std::string& name) const {
  if (name.empty()) return std::nullopt;
  auto id = id_of(name);
  require(id.has_value(), "The tokenizer's {} \"{}\" is not in its vocabulary.", role, name);
  return id;
}

/// Tokens that play a role are special even where tokenizer.json forgets to say so: text must not forge them.
std::vector<AddedToken> BpeTokenizer::added_and_named_tokens() const {
  std::vector<AddedToken> tokens = parts_->added_tokens;
  for (auto id : {bos_, eos_, pad_}) {
    if (!id) continue;
    auto found = std::find_if(tokens.begin(), tokens.end(), [&](const AddedToken& t) { return t.id == *id; });
    if (found != tokens.end())
      found->special = true;
    else
      tokens.push_back({.id = *id, .content = token(*id), .special = true});
  }
  return tokens;
}

std::vector<TokenId> BpeTokenizer::encode(std::string_view text) const {
  return encode(text, AddedTokens::Reading{}).ids;
}

RenderedIds BpeTokenizer::encode_rendered(std::string_view text, std::string_view quote) const {
  return encode(text, AddedTokens::Reading{.specials = true, .quote = quote});
}

RenderedIds BpeTokenizer::encode(std::string_view text, const AddedTokens::Reading& reading) const {
  require(text.size() <= kMaxTextBytes,
          "Encoding a text of {} bytes: at most {} are supported; split it into documents.", text.size(),
          kMaxTextBytes);
  std::string repaired;
  const bool valid = is_valid_utf8(text);
  if (!valid) text = repaired = replace_invalid_utf8(text);
  RenderedIds encoded;
  added_.split(text, reading, parts_->normalizer,
               {.token =
                    [&](TokenId id, std::size_t begin, std::size_t end) {
                      if (valid && begin != AddedTokens::kHidden && is_special(id))
                        encoded.specials.push_back({begin, end, encoded.ids.size()});
                      encoded.ids.push_back(id);
                    },
                .text =
                    [&](std::string_view piece, bool first) {
                      parts_->pre_tokenizer.split(piece, first, [&](std::string_view word) {
                        parts_->model->encode(word, encoded.ids);
                      });
                    }});
  return encoded;
}

std::string BpeTokenizer::decode(std::span<const TokenId> ids, bool with_specials) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (TokenId id : ids) {
    if (const AddedToken* added = added_.find(id)) {
      if (with_specials || !added->special) tokens.push_back(added_.decoded_form(*added));
    } else if (auto* token =
                   parts_->vocabulary.token(id)) {  // models may have more rows than there are tokens
      tokens.push_back(*token);
    }
  }
  return replace_invalid_utf8(parts_->decoder.decode(std::move(tokens)));
}

std::optional<TokenId> BpeTokenizer::id_of(std::string_view token) const {
  return parts_->vocabulary.id_of(token);
}

std::string BpeTokenizer::token(TokenId id) const {
  auto* token = parts_->vocabulary.token(id);
  require(token != nullptr, "The tokenizer has no token with the id {}; its vocabulary ends at {}.", id,
          vocab_size() - 1);
  return *token;
}

bool BpeTokenizer::is_special(TokenId id) const {
  auto* token = added_.find(id);
  return token != nullptr && token->special;
}

std::shared_ptr<const Tokenizer> BpeTokenizer::with_chat(const std::string& chat_template,
                                                         const std::string& eos_token) const {
  TokenizerConfig config = config_;
  config.chat_template = chat_template;
  config.eos_token = eos_token;
  return std::make_shared<BpeTokenizer>(parts_, std::move(config));
}

std::shared_ptr<const Tokenizer> BpeTokenizer::with_pad(TokenId pad) const {
  TokenizerConfig config = config_;
  config.pad_token = token(pad);
  return std::make_shared<BpeTokenizer>(parts_, std::move(config));
}

void BpeTokenizer::save(const std::filesystem::path& folder) const {
  Json json = parse_json(parts_->document, "tokenizer.json");
  Json added = Json::array();
  for (const AddedToken& token : added_.tokens()) added.push_back(token.to_json());
  json["added_tokens"] = std::move(added);
  write_file(folder / "tokenizer.json", to_pretty(json));
  config_.write(folder);
}

}  // namespace nudge
