#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gguf/metadata.h"

namespace nudge::gguf {

/// What `tokenizer.ggml.token_type` says; the values are llama.cpp's.
enum class TokenKind : std::int32_t {
  normal = 1,
  unknown = 2,
  control = 3,
  user_defined = 4,
  unused = 5,
  byte = 6
};

/// The tokens of a file, as it lists them: text, kind, score (of the SentencePiece kind), and who plays which
/// role.
struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<TokenKind> kinds;
  std::vector<float> scores;  // empty where the file has none
  std::optional<std::int64_t> bos, eos, unknown, padding, end_of_turn, end_of_message;

  std::unordered_map<std::string_view, std::int64_t> ids;  // of tokens, which it points into

  /// Checks lengths, ids, UTF-8 and that no token stands twice. Throws Error.
  explicit Vocabulary(const Metadata& metadata);
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  /// Rows that a converter has filled up with "[PAD1234]": no tokens.
  bool is_filling(std::int64_t id) const;
  /// Ends of an answer: eos, end of turn, end of message, each once.
  std::vector<std::int64_t> ends() const;
};

/// "llama" (SentencePiece) or "gpt2" (byte-level BPE), from tokenizer.ggml.model; others are refused by name.
enum class TokenizerKind { sentence_piece, byte_level };
TokenizerKind tokenizer_kind(const Metadata& metadata);

}  // namespace nudge::gguf
