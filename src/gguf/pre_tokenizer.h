#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace nudge::gguf {

/// A name under `tokenizer.ggml.pre` and what it stands for in a tokenizer.json of byte-level BPE. llama.cpp
/// knows them by name only (llama-vocab.cpp); those whose pattern nudge computes are here.
struct PreTokenizerName {
  const char* name;
  const char* pattern;  // one that text/pattern.h knows
  bool digits_apart = false;
  bool composed = false;         // the model's own tokenizer composes Unicode (NFC) first; llama.cpp does not
  bool ignore_merges = false;    // a whole word of the vocabulary is taken as it is
  bool begins_with_bos = false;  // where the file does not say

  /// Error naming `where` and the name when it is missing (empty), llama.cpp's guess, or unknown here.
  static const PreTokenizerName& named(std::string_view name, const std::string& where);
  /// Of a tokenizer.json. Error when it has no name.
  static const PreTokenizerName& of(const Json& tokenizer, const std::string& where);

  Json normalizer() const;
  Json pre_tokenizer() const;
};

}  // namespace nudge::gguf
