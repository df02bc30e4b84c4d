#pragma once

#include <array>
#include <filesystem>

#include "base/names.h"

namespace nudge {

/// How the matrices of a GGUF file are written; what has one dimension stays F32.
enum class GgufType { f32, f16, bf16, q8_0 };
constexpr auto names_table(GgufType) {
  return std::to_array<Named<GgufType>>(
      {{GgufType::f32, "f32"}, {GgufType::f16, "f16"}, {GgufType::bf16, "bf16"}, {GgufType::q8_0, "q8_0"}});
}

/// Writes the language model in a Hugging Face directory as a GGUF file that llama.cpp and what is built on
/// it run: architectures of gguf/architecture.h, tokenizer, chat template. Matrices whose rows are no whole
/// blocks of Q8_0 are written as F16, as llama.cpp's converter does. Throws Error naming what GGUF, or nudge,
/// has no words for.
void export_gguf(const std::filesystem::path& folder, GgufType type, const std::filesystem::path& file);

}  // namespace nudge
