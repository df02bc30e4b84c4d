#pragma once

#include <filesystem>

#include "base/json.h"
#include "gguf/metadata.h"
#include "text/tokenizer.h"
#include "text/tokenizer_config.h"

namespace nudge::gguf {

/// What stands in a model directory about its tokenizer.
struct TokenizerFiles {
  Json tokenizer;          // tokenizer.json
  TokenizerConfig config;  // roles and chat template

  /// Writes tokenizer.json, tokenizer_config.json and chat_template.jinja.
  void write(const std::filesystem::path& folder) const;
};

/// The tokenizer inside a GGUF file as Hugging Face has it. Everything is taken from the file's own keys:
/// kinds "gpt2" (byte-level BPE by its merges, words cut as `tokenizer.ggml.pre` says) and "llama"
/// (SentencePiece's BPE: merges made of the pieces' scores, byte fallback, add_space_prefix), special and
/// user-defined tokens, BOS. Throws Error naming what is missing or unknown.
TokenizerFiles tokenizer_of(const Metadata& metadata);

/// The way back: adds the keys of a tokenizer.json (`document`; `tokenizer` is what it gives), for `rows`
/// rows of the embeddings: more than there are tokens, and they are filled up with [PAD..], as llama.cpp's
/// converter does. Ends of an answer beside eos become end of turn and end of message. Error naming `where`
/// and what GGUF cannot say.
void add_tokenizer(Metadata& metadata, const Json& document, const Tokenizer& tokenizer, std::int64_t rows,
                   const std::string& where);

}  // namespace nudge::gguf
