#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "model/decoder.h"
#include "model/reading.h"

namespace nudge {

/// Adapters as PEFT 0.21 keeps them: a directory with adapter_config.json, which names the base model, and
/// adapter_model.safetensors. What save_model writes holds kAdaptedConfig too, a config.json of the trained
/// model, for what it has of its own: heads, and the tokens that end an answer. (Were it called config.json,
/// transformers 5.24 would look for whole weights beside it.)
inline constexpr const char* kAdaptedConfig = "nudge_config.json";
bool holds_adapters(const std::filesystem::path& folder);

/// Those, or a whole model's config.json.
bool holds_model(const std::filesystem::path& folder);

/// The directory of the base that the adapters in `folder` stand on: `base` where it is given, else what they
/// name, as a directory or in the cache that Hugging Face's programs share. Error when there is none.
std::filesystem::path base_folder(const std::filesystem::path& folder,
                                  const std::filesystem::path& base = {});

/// What the adapters in `folder` call their base (base_model_name_or_path).
std::string base_name(const std::filesystem::path& folder);

/// The one that they name themselves, if it is there.
std::optional<std::filesystem::path> base_named(const std::filesystem::path& folder);

/// Where the tokenizer of the model in `folder` lies: there, or with its base where adapters came without.
std::filesystem::path tokenizer_home(const std::filesystem::path& folder,
                                     const std::filesystem::path& base = {});

/// The model of the adapters in `folder` on their base, which models on the same one share in memory. Error
/// when they do not fit it: names, shapes, layers that have none, or other weights than those that nudge
/// trained them on.
std::unique_ptr<Decoder> load_adapted(const std::filesystem::path& folder, const Reading& reading = {});

/// Writes them: q, k, v and gate, up apart, for peft to load on `model.config().source`.
void save_adapters(const Decoder& model, const std::filesystem::path& folder);

}  // namespace nudge
