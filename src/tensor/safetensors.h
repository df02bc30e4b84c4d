#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tensor/safetensors_header.h"

namespace nudge {

using NamedTensors = std::map<std::string, at::Tensor>;

/// A safetensors file whose tensors are read when they are asked for. Throws Error before allocating anything
/// for a bad file: the whole header is validated (strict: no holes, no overlap, no duplicate keys, no
/// trailing bytes). Not thread-safe.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;

  using Entry = safetensors::Entry;
  const safetensors::Header& header() const { return header_; }

  /// `count` elements from `first` on, flat and of the file's type.
  at::Tensor read(const Entry& entry, std::int64_t first, std::int64_t count);
  at::Tensor read(const Entry& entry);  // all, in its shape
  /// All, into contiguous fp32 numbers of the caller's, converted a piece at a time: no second copy of them
  /// is ever in memory.
  void read_into(const Entry& entry, const at::Tensor& numbers);

 private:
  class Input;
  std::unique_ptr<Input> input_;
  safetensors::Header header_;
  std::uint64_t start_ = 0;  // of the data, in the file
};

/// Reads every tensor of a safetensors file.
NamedTensors read_safetensors(const std::filesystem::path& path,
                              std::map<std::string, std::string>* metadata = nullptr);

/// Writes in the order dtype descending, then name; header padded to 8 bytes; atomically. Metadata {"format":
/// "pt"} by default.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace nudge
