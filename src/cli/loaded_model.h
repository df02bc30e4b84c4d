#pragma once

#include <filesystem>
#include <memory>

#include "data/chat_format.h"
#include "model/decoder.h"

namespace nudge {

/// A model directory in memory: weights, tokenizer, and how text becomes ids.
struct LoadedModel {
  std::unique_ptr<Decoder> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  ChatFormat format;
};

/// Loads a directory; the tokenizer must fit the weights. A run directory stands for its final/ model. Throws
/// Error naming the directory; `head` is what the command needs.
LoadedModel load_language_model(const std::filesystem::path& folder);
LoadedModel load_scalar_model(const std::filesystem::path& folder);

/// `folder`, or `folder/final` when that is where the model lies.
std::filesystem::path model_folder(const std::filesystem::path& folder);

/// Errors unless the model can read sequences of `max_length` tokens; `command` is named in front.
void require_context(const LoadedModel& loaded, std::int64_t max_length);

/// Says so when conversations with this model are written as a transcript because it has no chat template.
void warn_without_template(const LoadedModel& loaded);

/// Errors unless both models can exchange token ids.
void require_same_tokenizer(const LoadedModel& first, const std::string& first_name,
                            const LoadedModel& second, const std::string& second_name);

}  // namespace nudge
