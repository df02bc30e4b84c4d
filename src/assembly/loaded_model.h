#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "assembly/model_options.h"
#include "data/chat_format.h"
#include "data/dataset_options.h"
#include "model/decoder.h"

namespace nudge {

/// A model directory in memory: weights, tokenizer, and how text becomes ids.
struct LoadedModel {
  std::unique_ptr<Decoder> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  ChatFormat format;
};

/// Loads a directory that holds a language model, or a reward model with one score; the tokenizer must fit
/// the weights. A run directory stands for its final/ model. With another chat template than its own, the
/// end of its turns is an end token of a language model; a reward model keeps its own words. Throws Error
/// naming the directory.
LoadedModel load_language_model(const std::filesystem::path& folder, const ModelOptions& models = {});
LoadedModel load_scalar_model(const std::filesystem::path& folder, const ModelOptions& models = {});
/// The same for who only reads the model (model/bases.h, read_model): half the memory, and one copy of a
/// directory that is read twice.
LoadedModel read_language_model(const std::filesystem::path& folder, const ModelOptions& models = {});
LoadedModel read_scalar_model(const std::filesystem::path& folder, const ModelOptions& models = {});

/// The model with its format reading texts as the options ask.
LoadedModel reading_as(const DatasetOptions& datasets, LoadedModel loaded);

/// `folder`, or `folder/final` when that is where the model lies. Error when there is none, or its
/// config.json is not of a family that nudge reads: that comes before anything else of it is read.
std::filesystem::path model_folder(const std::filesystem::path& folder);
/// As model_folder, where only the tokenizer is wanted, which any directory may hold.
std::filesystem::path tokenizer_folder(const std::filesystem::path& folder);

/// Gives the model this chat template (Jinja) and the token that ends its turns, which must be in the
/// vocabulary.
void set_chat_template(LoadedModel& loaded, const std::string& source, const std::string& eos_token);

/// Lets the model's configuration name the tokens with which its format ends answers: who learns them stops
/// at them from then on.
void name_ends(LoadedModel& loaded);

/// A `max_length` of 0 becomes what the model takes, at most 1024 tokens. Errors when the model cannot read
/// sequences that long.
void settle_max_length(const LoadedModel& loaded, std::int64_t& max_length);

/// Says so when conversations with this model are written as a transcript because it has no chat template.
void warn_without_template(const LoadedModel& loaded);

/// Says so when plain prompts go to a model that has a chat template, as they stand; `remedy` is what to do.
void say_without_turns(const LoadedModel& loaded, std::span<const Prompt> prompts, const std::string& remedy);

/// Errors unless both models can exchange token ids.
void require_same_tokenizer(const LoadedModel& first, const std::string& first_name,
                            const LoadedModel& second, const std::string& second_name);

}  // namespace nudge
