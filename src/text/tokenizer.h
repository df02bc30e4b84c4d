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

/// What a tokenizer itself puts around a text: its post-processor's rule (BOS, where it has one).
struct TextFrame {
  std::vector<TokenId> before, behind;
};

/// The ids of a rendered text, and where its special tokens stand. What begins at one of them is encoded as
/// if nothing stood before it.
struct RenderedIds {
  std::vector<TokenId> ids;
  struct Special {
    std::size_t begin, end;  // in the text
    std::size_t token;       // index of its id
  };
  std::vector<Special> specials;  // in order; those whose place the normalizer hides are not listed
};

/// A tokenizer.json: text to ids and back, identical to the Hugging Face `tokenizers` library for the
/// supported parts: BPE on bytes or characters, with byte fallback or without, Unigram and WordLevel models;
/// text cut by any regular expression. What is not supported (WordPiece, scripts) is refused at load with the
/// part's name. Immutable, safe from many threads.
class Tokenizer {
 public:
  /// Reads `tokenizer.json` in a model directory, or the file itself; and `tokenizer_config.json` beside it,
  /// if any, for the names of the special tokens. Throws Error.
  static std::shared_ptr<const Tokenizer> load(const std::filesystem::path& path);
  /// From the text of a tokenizer.json (as train_bpe returns it), without names or template. Throws Error.
  static std::shared_ptr<const Tokenizer> from_json(std::string document);
  virtual ~Tokenizer() = default;

  /// Ids of text. Names of special tokens in it are ordinary text: nothing that a user or a model writes can
  /// forge a turn. Without the frame (no BOS).
  virtual std::vector<TokenId> encode(std::string_view text) const = 0;
  /// As encode, but names of special tokens become their ids, save those right behind `quote`: they are
  /// ordinary text, and the quote vanishes. An empty `quote` quotes nothing.
  virtual RenderedIds encode_rendered(std::string_view text, std::string_view quote) const = 0;
  std::vector<TokenId> encode_with_specials(std::string_view text) const {
    return encode_rendered(text, {}).ids;
  }
  /// The post-processor of tokenizer.json, the one rule that transformers 5 follows: add_bos_token and
  /// add_eos_token beside a tokenizer.json change nothing there.
  virtual const TextFrame& frame() const = 0;
  /// Text of ids; special tokens are left out unless asked for. Invalid UTF-8 becomes U+FFFD.
  virtual std::string decode(std::span<const TokenId> ids, bool with_specials = false) const = 0;

  virtual std::int64_t vocab_size() const = 0;  // added tokens included
  virtual std::optional<TokenId> id_of(std::string_view token) const = 0;
  virtual std::string token(TokenId id) const = 0;  // as in the vocabulary
  virtual bool is_special(TokenId id) const = 0;
  /// Whether it is an added token: found in text as a whole, special or not.
  virtual bool is_added(TokenId id) const { return is_special(id); }

  /// From tokenizer_config.json (bos_token, eos_token, pad_token); absent when not named there.
  virtual std::optional<TokenId> bos() const = 0;
  virtual std::optional<TokenId> eos() const = 0;
  virtual std::optional<TokenId> pad() const = 0;
  /// Ends of an answer (eos_token_id, one or a list) of generation_config.json and config.json beside it.
  virtual std::vector<TokenId> listed_ends() const { return {}; }

  /// The chat template of tokenizer_config.json or chat_template.jinja; empty when there is none.
  virtual const std::string& chat_template() const = 0;

  /// This tokenizer with another chat template and end-of-sequence token (which must be in the
  /// vocabulary).
  virtual std::shared_ptr<const Tokenizer> with_chat(const std::string& chat_template,
                                                     const std::string& eos_token) const = 0;
  /// This tokenizer with another padding token.
  virtual std::shared_ptr<const Tokenizer> with_pad(TokenId pad) const = 0;

  /// SHA-256 over the vocabulary and merges: two models with the same fingerprint can exchange token ids.
  virtual const std::string& fingerprint() const = 0;

  /// Writes tokenizer.json, tokenizer_config.json and chat_template.jinja into `folder` (for saving beside a
  /// model).
  virtual void save(const std::filesystem::path& folder) const = 0;
};

}  // namespace nudge
