#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace nudge {

/// A tensor of fp32 numbers that are made when their turn comes.
struct Fp32Source {
  std::string name;
  std::vector<std::int64_t> shape;
  std::function<void(std::span<float>)> fill;
};

/// Writes a safetensors file as write_safetensors does (by name, metadata {"format": "pt"}, atomically), with
/// one tensor in memory at a time.
void write_safetensors_fp32(const std::filesystem::path& path, std::vector<Fp32Source> tensors);

}  // namespace nudge
