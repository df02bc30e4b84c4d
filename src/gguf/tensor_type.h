#pragma once

#include <cstdint>
#include <string>

namespace nudge::gguf {

/// How a tensor's numbers lie in the file; the values are ggml's. Others exist and are refused by their
/// names.
enum class TensorType : std::uint32_t {
  f32 = 0,
  f16 = 1,
  q4_0 = 2,
  q4_1 = 3,
  q5_0 = 6,
  q5_1 = 7,
  q8_0 = 8,
  q4_k = 12,
  q5_k = 13,
  q6_k = 14,
  bf16 = 30,
};

/// A type is a row of blocks: so many numbers in so many bytes.
struct BlockShape {
  const char* name;
  std::int64_t numbers, bytes;
};

BlockShape block_shape(TensorType type);

/// Error that begins with `what` and names the type when it is none of the above.
TensorType tensor_type(std::uint32_t number, const std::string& what);

}  // namespace nudge::gguf
