#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "assembly/compute_options.h"
#include "base/options.h"
#include "model/reading.h"
#include "text/tokenizer.h"

namespace nudge {

/// How a command reads the models that it is given.
struct ModelOptions {
  std::string chat_template = "auto";  // "chatml", or a file: instead of the model's own
  std::vector<std::string> base;       // [NAME=]DIR of adapters whose base is not where they say
  ComputeOptions compute;

  /// The base of the adapters in `folder`: the one given for the name by which they call it, else the one
  /// that is given for all; empty: where they say.
  std::filesystem::path base_of(const std::filesystem::path& folder) const;
  /// How the model in `folder` is read.
  Reading reading_of(const std::filesystem::path& folder) const;
  /// Settles what is computed in for a run on the model in `folder`, and says so.
  void settle_for(const std::filesystem::path& folder);
  /// The tokenizer in `folder`, or with its base where adapters came without; with the chat template that is
  /// asked for.
  std::shared_ptr<const Tokenizer> tokenizer_in(const std::filesystem::path& folder) const;
};
/// Declares `--chat_template`, `--base` and those of ComputeOptions.
void declare(Options& options, ModelOptions& models);
/// Declares `--base`, for commands whose models read text in their own words.
void declare_bases(Options& options, ModelOptions& models);

}  // namespace nudge
