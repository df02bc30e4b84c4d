#include "tensor/safetensors_stream.h"

#include <algorithm>

#include "base/files.h"
#include "tensor/safetensors_header.h"

namespace nudge {

void write_safetensors_fp32(const std::filesystem::path& path, std::vector<Fp32Source> tensors) {
  std::ranges::sort(tensors, {}, &Fp32Source::name);
  std::vector<safetensors::Entry> entries;
  for (const auto& tensor : tensors)
    entries.push_back({.name = tensor.name, .type = at::kFloat, .shape = tensor.shape});
  AtomicFile file(path);
  file.write(safetensors::opening(entries, {{"format", "pt"}}));
  std::vector<float> numbers;
  for (const auto& tensor : tensors) {
    std::size_t count = 1;
    for (const auto extent : tensor.shape) count *= extent;
    numbers.resize(count);
    tensor.fill(numbers);
    file.write({reinterpret_cast<const char*>(numbers.data()), count * sizeof(float)});
  }
  file.commit();
}

}  // namespace nudge
