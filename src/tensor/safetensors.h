#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace nudge {

using NamedTensors = std::map<std::string, at::Tensor>;

/// Reads every tensor of a safetensors file after validating the whole header (strict: no holes, no overlap,
/// no duplicate keys, no trailing bytes). Throws Error before allocating anything for a bad file.
NamedTensors read_safetensors(const std::filesystem::path& path,
                              std::map<std::string, std::string>* metadata = nullptr);

/// Writes in the order dtype descending, then name; header padded to 8 bytes; atomically. Metadata {"format":
/// "pt"} by default.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace nudge
