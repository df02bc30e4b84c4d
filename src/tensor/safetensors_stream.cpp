#include "tensor/safetensors_stream.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/files.h"

namespace nudge {

namespace {

std::int64_t numbers_of(const Fp32Source& tensor) {
  std::int64_t count = 1;
  for (const auto extent : tensor.shape) count *= extent;
  return count;
}

std::string opening_of(const std::vector<Fp32Source>& tensors) {
  nlohmann::ordered_json header = {{"__metadata__", {{"format", "pt"}}}};
  std::uint64_t begin = 0;
  for (const auto& tensor : tensors) {
    const std::uint64_t end = begin + numbers_of(tensor) * sizeof(float);
    header[tensor.name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

}  // namespace

void write_safetensors_fp32(const std::filesystem::path& path, std::vector<Fp32Source> tensors) {
  std::ranges::sort(tensors, {}, &Fp32Source::name);
  AtomicFile file(path);
  file.write(opening_of(tensors));
  std::vector<float> numbers;
  for (const auto& tensor : tensors) {
    numbers.resize(numbers_of(tensor));
    tensor.fill(numbers);
    file.write({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)});
  }
  file.commit();
}

}  // namespace nudge
