#pragma once

#include <filesystem>
#include <string>

namespace nudge {

/// What became of a GGUF file.
struct GgufImport {
  std::string model_type;    // llama, gemma3_text ...
  std::int64_t numbers = 0;  // weights
  bool has_template = false;
};

/// Writes the model in a GGUF file into `folder` (existing; use AtomicDirectory around it) as a Hugging Face
/// directory: config.json, generation_config.json, model.safetensors (fp32, every block dequantised),
/// tokenizer files, chat template. `chat_template`: the source of one, which then counts and not the file's;
/// empty: the file's, if it has one. The token with which the template ends a turn becomes an end token.
/// Warns of keys that are not read. Throws Error naming what nudge does not know.
GgufImport import_gguf(const std::filesystem::path& file, const std::string& chat_template,
                       const std::filesystem::path& folder);

/// Whether the file begins as GGUF files do; Error when it cannot be read.
bool is_gguf(const std::filesystem::path& file);
/// Error saying that it must be imported first when `path` is a GGUF file and something else was expected.
void refuse_gguf(const std::filesystem::path& path);

}  // namespace nudge
