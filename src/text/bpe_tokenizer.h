#pragma once

#include <memory>
#include <string>
#include <vector>

#include "text/added_tokens.h"
#include "text/normalizer.h"
#include "text/post_processor.h"
#include "text/pre_tokenizer.h"
#include "text/token_decoder.h"
#include "text/token_model.h"
#include "text/tokenizer.h"
#include "text/tokenizer_config.h"

namespace nudge {

/// The parts of a tokenizer.json that no setting changes: read once, shared by every tokenizer made of it.
struct TokenizerParts {
  static constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

  /// `document` is the text of a tokenizer.json. Throws Error naming `where`.
  TokenizerParts(std::string document, const std::string& where);

  std::string document;  // as read, for saving
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  std::unique_ptr<const TokenModel> model;
  TokenDecoder decoder;
  std::vector<AddedToken> added_tokens;
  Vocabulary vocabulary;  // of the model, and the added tokens
  TextFrame frame;
  std::string fingerprint;

 private:
  TokenizerParts(std::string document, const Json& json, const std::string& where);
};

/// A tokenizer.json with the names and the template of its tokenizer_config.json.
class BpeTokenizer : public Tokenizer {
 public:
  static constexpr std::size_t kMaxTextBytes = std::size_t{16} << 20;

  /// Tokens that `config` names become special. Throws Error when one is not in the vocabulary.
  BpeTokenizer(std::shared_ptr<const TokenizerParts> parts, TokenizerConfig config);

  std::vector<TokenId> encode(std::string_view text) const override;
  RenderedIds encode_rendered(std::string_view text, std::string_view quote) const override;
  const TextFrame& frame() const override { return parts_->frame; }
  std::string decode(std::span<const TokenId> ids, bool with_specials) const override;

  std::int64_t vocab_size() const override { return parts_->vocabulary.size(); }
  std::optional<TokenId> id_of(std::string_view token) const override;
  std::string token(TokenId id) const override;
  bool is_special(TokenId id) const override;
  bool is_added(TokenId id) const override { return added_.find(id) != nullptr; }

  std::optional<TokenId> bos() const override { return bos_; }
  std::optional<TokenId> eos() const override { return eos_; }
  std::optional<TokenId> pad() const override { return pad_; }
  std::vector<TokenId> listed_ends() const override { return config_.listed_ends; }
  const std::string& chat_template() const override { return config_.chat_template; }
  std::shared_ptr<const Tokenizer> with_chat(const std::string& chat_template,
                                             const std::string& eos_token) const override;
  std::shared_ptr<const Tokenizer> with_pad(TokenId pad) const override;
  const std::string& fingerprint() const override { return parts_->fingerprint; }
  void save(const std::filesystem::path& folder) const override;

 private:
  RenderedIds encode(std::string_view text, const AddedTokens::Reading& reading) const;
  std::optional<TokenId> named(const char* role, const std::string& name) const;
  std::vector<AddedToken> added_and_named_tokens() const;

  std::shared_ptr<const TokenizerParts> parts_;
  TokenizerConfig config_;
  std::optional<TokenId> bos_, eos_, pad_;
  AddedTokens added_;
};

}  // namespace nudge
