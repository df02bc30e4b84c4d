#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"

namespace nudge {

/// What tokenizer_config.json and chat_template.jinja say beside a tokenizer.json; empty strings where they
/// say nothing.
struct TokenizerConfig {
  std::string bos_token, eos_token, pad_token;
  std::string chat_template;
  Json kept = Json::object();  // settings that only transformers reads, kept for saving

  /// Reads the files in `folder`, those that exist. Throws Error.
  static TokenizerConfig read(const std::filesystem::path& folder);
  /// Writes tokenizer_config.json, and chat_template.jinja when there is a template, as transformers reads
  /// them.
  void write(const std::filesystem::path& folder) const;
};

}  // namespace nudge
