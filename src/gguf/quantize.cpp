#include "gguf/quantize.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "gguf/half.h"

namespace nudge::gguf {

namespace {

void put(char* at, std::uint16_t bits) {
  std::memcpy(at, &bits, sizeof bits);
}

bool write_f32(const float* numbers, char* bytes) {
  std::memcpy(bytes, numbers, sizeof *numbers);
  return true;
}

/// False when a finite number becomes infinite.
bool write_f16(const float* number, char* bytes) {
  const std::uint16_t half = to_half(*number);
  put(bytes, half);
  return (half & 0x7fffu) != 0x7c00u || std::isinf(*number);
}

bool write_bf16(const float* number, char* bytes) {
  put(bytes, to_bfloat16(*number));
  return true;
}

/// Scale: the largest magnitude over 127, in fp16. Levels come of the scale before that rounding, halves away
/// from zero.
bool write_q8_0(const float* numbers, char* bytes) {
  float largest = 0;
  bool finite = true;
  for (int i = 0; i < 32; ++i) {
    largest = std::max(largest, std::abs(numbers[i]));
    finite = finite && std::isfinite(numbers[i]);
  }
  const float scale = largest / 127.0f, inverse = scale == 0 ? 0 : 1 / scale;  // infinite of tiny scales
  const std::uint16_t half = to_half(scale);
  if (!finite || half == 0x7c00u) return false;
  put(bytes, half);
  for (int i = 0; i < 32; ++i) {
    const float scaled = std::abs(numbers[i] * inverse), whole = std::floor(scaled);
    const float level = whole + std::floor(2 * (scaled - whole));
    bytes[2 + i] =
        std::isfinite(level) ? static_cast<char>(static_cast<int>(numbers[i] < 0 ? -level : level)) : 0;
  }
  return true;
}

template <bool (*write)(const float*, char*)>
bool write_blocks(std::span<const float> numbers, BlockShape shape, char* bytes) {
  const std::int64_t blocks = std::ssize(numbers) / shape.numbers;
  bool fits = true;
#pragma omp parallel for schedule(static) reduction(&& : fits)
  for (std::int64_t i = 0; i < blocks; ++i)
    fits = write(numbers.data() + i * shape.numbers, bytes + i * shape.bytes) && fits;
  return fits;
}

}  // namespace

std::string quantize(std::span<const float> numbers, TensorType type, const std::string& what) {
  const BlockShape shape = block_shape(type);
  require(std::ssize(numbers) % shape.numbers == 0, "{}: {} numbers are no whole blocks of {} ({}).", what,
          numbers.size(), shape.numbers, shape.name);
  std::string bytes(numbers.size() / shape.numbers * shape.bytes, '\0');
  bool fits = true;
  switch (type) {
    case TensorType::f32:
      fits = write_blocks<write_f32>(numbers, shape, bytes.data());
      break;
    case TensorType::f16:
      fits = write_blocks<write_f16>(numbers, shape, bytes.data());
      break;
    case TensorType::bf16:
      fits = write_blocks<write_bf16>(numbers, shape, bytes.data());
      break;
    case TensorType::q8_0:
      fits = write_blocks<write_q8_0>(numbers, shape, bytes.data());
      break;
    default:
      fail("{}: nudge writes F32, F16, BF16 and Q8_0, not {}.", what, shape.name);
  }
  require(fits, "{}: some numbers are not finite or too large for {}; write BF16 instead.", what, shape.name);
  return bytes;
}

}  // namespace nudge::gguf
