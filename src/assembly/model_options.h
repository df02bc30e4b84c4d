#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/options.h"
#include "text/tokenizer.h"

namespace nudge {

/// How a command reads the models that it is given.
struct ModelOptions {
  std::string chat_template = "auto";  // "chatml", or a file: instead of the model's own
  std::vector<std::string> base;       // [NAME=]DIR of adapters whose base is not where they say

  /// The base of the adapters in `folder`: the one given for the name by which they call it, else the one
  /// that is given for all; empty: where they say.
  std::filesystem::path base_of(const std::filesystem::path& folder) const;
  /// The tokenizer in `folder`, or with its base where adapters came without; with the chat template that is
  /// asked for.
  std::shared_ptr<const Tokenizer> tokenizer_in(const std::filesystem::path& folder) const;
};
/// Declares `--chat_template` and `--base`.
void declare(Options& options, ModelOptions& models);
/// Declares `--base`, for commands whose models read text in their own words.
void declare_bases(Options& options, ModelOptions& models);

}  // namespace nudge
