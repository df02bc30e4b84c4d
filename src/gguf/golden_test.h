#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace nudge::gguf {

inline std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

inline std::vector<float> floats_of(const std::string& bytes) {
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

/// tests/goldens/gguf.json, by the gguf package (tools/goldens/gguf.py).
inline const Json& golden() {
  static const Json json = read_json(NUDGE_SOURCE_DIR "/tests/goldens/gguf.json");
  return json;
}

}  // namespace nudge::gguf
