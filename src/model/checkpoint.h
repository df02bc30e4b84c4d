#pragma once

#include <filesystem>
#include <memory>

#include "model/decoder.h"
#include "model/reading.h"

namespace nudge {

/// Loads a Hugging Face directory: config.json and model.safetensors (or shards with an index); fp32, bf16
/// and fp16 weights.
/// `*ForCausalLM` gives a language head, `*ForSequenceClassification` a scalar one with a head for each
/// label. Throws Error when files are missing or do not fit the configuration, naming the tensor and both
/// shapes. What generation_config.json says is kept for save_model. Adapters in `folder` (model/peft.h) are
/// loaded on the base that they name, or on that of `reading`.
std::unique_ptr<Decoder> load_model(const std::filesystem::path& folder, const Reading& reading = {});

/// What `file` (a config.json) and generation_config.json beside it say.
ModelConfig read_model_config(const std::filesystem::path& file);

/// The generation_config.json of a model that has none: the tokens that its config.json names.
Json generation_config_of(const Json& config);

/// Writes config.json, generation_config.json (of a scalar model: if it was read with one, since it may be
/// alone in naming the end of a text) and model.safetensors into `folder` (existing; use AtomicDirectory
/// around it), as transformers would load them; of a model with adapters, those instead of the weights, as
/// peft would load them. Does not write the tokenizer: Tokenizer::save does.
void save_model(const Decoder& model, const std::filesystem::path& folder);

/// Converts a llama2.c v0 file (`stories260K.bin`): q and k rows permuted from interleaved to half-split
/// rotary pairs.
std::unique_ptr<Decoder> import_llama2c(const std::filesystem::path& file);

}  // namespace nudge
