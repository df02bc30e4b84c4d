#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mapped_file.h"
#include "gguf/metadata.h"
#include "gguf/tensor_type.h"

namespace nudge::gguf {

/// A tensor of a file: where its blocks lie, not its numbers (gguf/dequantize.h gives those).
struct TensorInfo {
  std::string name;
  std::vector<std::int64_t>
      shape;  // rows first, as Hugging Face has it; the file says it the other way round
  TensorType type = TensorType::f32;
  std::string_view data;  // in the file's mapping

  std::int64_t count() const;
};

constexpr std::size_t kMaxTensorName = 63;    // bytes; llama.cpp reads no longer one
constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr std::uint32_t kVersion = 3;
constexpr std::int64_t kDefaultAlignment = 32;

/// A GGUF file (versions 2 and 3, little endian), memory-mapped. The whole header is checked before anything
/// is believed: counts, lengths, types and offsets against the file's size, names against each other, and, as
/// llama.cpp demands, tensors one behind the other. Immutable, safe from many threads. Format:
/// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
class File {
 public:
  /// Throws Error naming the path and what is wrong.
  explicit File(const std::filesystem::path& path);

  const Metadata& metadata() const { return metadata_; }
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  /// Null when there is none of this name.
  const TensorInfo* find(const std::string& name) const;

 private:
  MappedFile mapping_;
  Metadata metadata_;
  std::vector<TensorInfo> tensors_;
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace nudge::gguf
