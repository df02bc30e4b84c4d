#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "gguf/metadata.h"
#include "gguf/tensor_type.h"

namespace nudge::gguf {

/// A tensor that a file is to hold. Its bytes are asked for when their turn comes, so that a model need not
/// lie in memory twice.
struct TensorSource {
  std::string name;
  std::vector<std::int64_t> shape;  // rows first
  TensorType type = TensorType::f32;
  std::function<std::string()> bytes;  // as many as shape and type say
};

/// Writes a GGUF file of version 3, in one step: a crash leaves the old one or the new one. The bytes are
/// those of the `gguf` package's GGUFWriter (0.19) for the same keys, values and tensors in the same order.
/// Throws Error for a tensor's name of more than 63 bytes, an empty list, bytes that are not the shape's, or
/// a full disk.
void write_file(const std::filesystem::path& path, const Metadata& metadata,
                const std::vector<TensorSource>& tensors);

}  // namespace nudge::gguf
