#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "gguf/architecture.h"
#include "gguf/file.h"

namespace nudge::gguf {

/// The config.json that transformers would have for the file's model (in the form of version 5, with the keys
/// that version 4 reads beside it), from metadata, tensors and what the architecture implies: Gemma 3's local
/// rotary base and pattern of windows usually stand in no file. Rotary scaling and `rope_freqs.weight` are
/// kept. Throws Error naming what is missing, wrong or not supported (a mixture of experts, a scaling that is
/// not known).
Json config_of(const File& file);

/// Keys of the architecture that config_of does not read: to be named in a warning.
std::vector<std::string> unread_keys(const Metadata& metadata);

/// The metadata about the model's shape that llama.cpp's converter writes for this config.json, in its order:
/// from general.architecture to the rotary embedding. Error naming a rotary embedding that GGUF cannot say.
Metadata metadata_of(const Json& config, const std::string& name, const std::string& where);

/// The factors of `rope_freqs.weight`; empty where the model needs none.
std::vector<float> rope_factors_of(const Json& config, const std::string& where);

}  // namespace nudge::gguf
