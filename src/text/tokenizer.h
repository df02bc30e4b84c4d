#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nudge {

using TokenId = std::int32_t;

/// A tokenizer.json: text to ids and back, identical to the Hugging Face `tokenizers` library for the
/// supported parts: byte-level BPE (GPT-2, GPT-NeoX, Phi-2, Qwen2, Llama-3 patterns) and SentencePiece-style
/// BPE with byte fallback (Llama-2, Phi-3). What is not supported is refused at load with the part's name.
/// Immutable, safe from many threads.
class Tokenizer {
 public:
  /// Reads `tokenizer.json` in a model directory, or the file itself; and `tokenizer_config.json` beside it,
  /// if any, for the names of the special tokens. Throws Error.
  static std::shared_ptr<const Tokenizer> load(const std::filesystem::path& path);
  /// From the text of a tokenizer.json (as train_bpe returns it), without names or template. Throws Error.
  static std::shared_ptr<const Tokenizer> from_json(std::string document);
  virtual ~Tokenizer() = default;

  /// Ids of text. Names of special tokens in it are ordinary text: nothing that a user or a model writes can
  /// forge a turn. No post-processor (no BOS).
  virtual std::vector<TokenId> encode(std::string_view text) const = 0;
  /// As encode, but names of added special tokens become their ids (for rendered templates and corpora).
  virtual std::vector<TokenId> encode_with_specials(std::string_view text) const = 0;
  /// Text of ids; special tokens are left out unless asked for. Invalid UTF-8 becomes U+FFFD.
  virtual std::string decode(std::span<const TokenId> ids, bool with_specials = false) const = 0;

  virtual std::int64_t vocab_size() const = 0;  // added tokens included
  virtual std::optional<TokenId> id_of(std::string_view token) const = 0;
  virtual std::string token(TokenId id) const = 0;  // as in the vocabulary
  virtual bool is_special(TokenId id) const = 0;

  /// From tokenizer_config.json (bos_token, eos_token, pad_token); absent when not named there.
  virtual std::optional<TokenId> bos() const = 0;
  virtual std::optional<TokenId> eos() const = 0;
  virtual std::optional<TokenId> pad() const = 0;

  /// The chat template of tokenizer_config.json or chat_template.jinja; empty when there is none.
  virtual const std::string& chat_template() const = 0;

  /// The same tokenizer with another chat template and end-of-sequence token (which must be in the
  /// vocabulary).
  virtual std::shared_ptr<const Tokenizer> with_chat(const std::string& chat_template,
                                                     const std::string& eos_token) const = 0;

  /// SHA-256 over the vocabulary and merges: two models with the same fingerprint can exchange token ids.
  virtual const std::string& fingerprint() const = 0;

  /// Writes tokenizer.json, tokenizer_config.json and chat_template.jinja into `folder` (for saving beside a
  /// model).
  virtual void save(const std::filesystem::path& folder) const = 0;
};

}  // namespace nudge
