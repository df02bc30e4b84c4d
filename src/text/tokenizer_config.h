#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "text/tokenizer.h"

namespace nudge {

/// What tokenizer_config.json and chat_template.jinja say beside a tokenizer.json, and which ends of an
/// answer the model's own files list; empty where they say nothing.
struct TokenizerConfig {
  std::string bos_token, eos_token, pad_token;
  std::string chat_template;
  Json kept = Json::object();        // settings that only transformers reads, kept for saving
  std::vector<TokenId> listed_ends;  // generation_config.json's eos_token_id, then config.json's; not written

  /// Reads the files in `folder`, those that exist. Throws Error.
  static TokenizerConfig read(const std::filesystem::path& folder);
  /// Writes tokenizer_config.json, and chat_template.jinja when there is a template, as transformers reads
  /// them.
  void write(const std::filesystem::path& folder) const;
};

}  // namespace nudge
