// Blocks of ggml, as ggml-common.h lays them out. What stands for one number is written as the package
// computes it: first the products of scales, then scale times level, then the offset; no two of them fused.

#include "gguf/dequantize.h"

#include <cstring>

#include "base/error.h"
#include "gguf/half.h"

namespace nudge::gguf {

namespace {

using Byte = std::uint8_t;

std::uint16_t half_bits(const Byte* at) {
  std::uint16_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}

float half_at(const Byte* at) {
  return from_half(half_bits(at));
}

void f32_block(const Byte* block, float* out) {
  std::memcpy(out, block, sizeof *out);
}

void f16_block(const Byte* block, float* out) {
  *out = half_at(block);
}

void bf16_block(const Byte* block, float* out) {
  *out = from_bfloat16(half_bits(block));
}

void q8_0_block(const Byte* block, float* out) {
  const float scale = half_at(block);
  const auto* levels = reinterpret_cast<const std::int8_t*>(block + 2);
  for (int i = 0; i < 32; ++i) out[i] = static_cast<float>(levels[i]) * scale;
}

/// The low halves of 16 bytes are the first 16 levels, the high halves the others.
void q4_0_block(const Byte* block, float* out) {
  const float scale = half_at(block);
  const Byte* levels = block + 2;
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * static_cast<float>((levels[i] & 15) - 8);
    out[i + 16] = scale * static_cast<float>((levels[i] >> 4) - 8);
  }
}

void q4_1_block(const Byte* block, float* out) {
  const float scale = half_at(block), least = half_at(block + 2);
  const Byte* levels = block + 4;
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * static_cast<float>(levels[i] & 15) + least;
    out[i + 16] = scale * static_cast<float>(levels[i] >> 4) + least;
  }
}

/// The fifth bits of 32 levels.
std::uint32_t fifth_bits(const Byte* at) {
  std::uint32_t bits;
  std::memcpy(&bits, at, sizeof bits);
  return bits;
}

void q5_0_block(const Byte* block, float* out) {
  const float scale = half_at(block);
  const std::uint32_t high = fifth_bits(block + 2);
  const Byte* low = block + 6;
  for (int i = 0; i < 16; ++i) {
    const int first = (low[i] & 15) | ((high >> i & 1) << 4);
    const int second = (low[i] >> 4) | ((high >> (i + 16) & 1) << 4);
    out[i] = scale * static_cast<float>(first - 16);
    out[i + 16] = scale * static_cast<float>(second - 16);
  }
}

void q5_1_block(const Byte* block, float* out) {
  const float scale = half_at(block), least = half_at(block + 2);
  const std::uint32_t high = fifth_bits(block + 4);
  const Byte* low = block + 8;
  for (int i = 0; i < 16; ++i) {
    const int first = (low[i] & 15) | ((high >> i & 1) << 4);
    const int second = (low[i] >> 4) | ((high >> (i + 16) & 1) << 4);
    out[i] = scale * static_cast<float>(first) + least;
    out[i + 16] = scale * static_cast<float>(second) + least;
  }
}

/// Scale and offset of the eight parts of a K block: six bits each, packed into twelve bytes.
struct Parts {
  float scale[8], offset[8];

  explicit Parts(const Byte* block) {
    const float whole_scale = half_at(block), whole_offset = half_at(block + 2);
    const Byte* packed = block + 4;
    for (int i = 0; i < 4; ++i) {
      const Byte low_scale = packed[i], low_offset = packed[i + 4], high = packed[i + 8];
      scale[i] = whole_scale * static_cast<float>(low_scale & 63);
      offset[i] = whole_offset * static_cast<float>(low_offset & 63);
      scale[i + 4] = whole_scale * static_cast<float>((high & 15) | (low_scale >> 2 & 48));
      offset[i + 4] = whole_offset * static_cast<float>((high >> 4) | (low_offset >> 2 & 48));
    }
  }
};

void q4_k_block(const Byte* block, float* out) {
  const Parts parts(block);
  const Byte* levels = block + 16;
  for (int part = 0; part < 8; ++part) {
    const int shift = part % 2 * 4;
    const Byte* these = levels + part / 2 * 32;
    for (int i = 0; i < 32; ++i)
      out[part * 32 + i] =
          parts.scale[part] * static_cast<float>(these[i] >> shift & 15) - parts.offset[part];
  }
}

void q5_k_block(const Byte* block, float* out) {
  const Parts parts(block);
  const Byte *high = block + 16, *low = block + 48;
  for (int part = 0; part < 8; ++part) {
    const int shift = part % 2 * 4;
    const Byte* these = low + part / 2 * 32;
    for (int i = 0; i < 32; ++i) {
      const int level = (these[i] >> shift & 15) | ((high[i] >> part & 1) << 4);
      out[part * 32 + i] = parts.scale[part] * static_cast<float>(level) - parts.offset[part];
    }
  }
}

void q6_k_block(const Byte* block, float* out) {
  const Byte *low = block, *high = block + 128;
  const auto* scales = reinterpret_cast<const std::int8_t*>(block + 192);
  const float whole = half_at(block + 208);
  for (int row = 0; row < 8; ++row) {  // of 32 numbers
    const int half = row / 4, quarter = row % 4;
    const Byte* four = low + half * 64 + quarter % 2 * 32;
    const Byte* two = high + half * 32;
    for (int part = 0; part < 2; ++part) {  // a scale each
      const float scale = whole * static_cast<float>(scales[row * 2 + part]);
      for (int i = part * 16; i < part * 16 + 16; ++i) {
        const int level = (four[i] >> (quarter / 2 * 4) & 15) | ((two[i] >> (quarter * 2) & 3) << 4);
        out[row * 32 + i] = scale * static_cast<float>(level - 32);
      }
    }
  }
}

/// Every block by itself; a thread takes a run of them.
template <void (*block)(const Byte*, float*)>
void every_block(const TensorInfo& tensor, float* out) {
  const BlockShape shape = block_shape(tensor.type);
  const auto* bytes = reinterpret_cast<const Byte*>(tensor.data.data());
  const std::int64_t blocks = std::ssize(tensor.data) / shape.bytes;
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < blocks; ++i) block(bytes + i * shape.bytes, out + i * shape.numbers);
}

}  // namespace

void dequantize(const TensorInfo& tensor, std::span<float> numbers) {
  require(std::ssize(numbers) == tensor.count(), "Dequantising \"{}\": {} numbers were expected, not {}.",
          tensor.name, tensor.count(), numbers.size());
  float* out = numbers.data();
  switch (tensor.type) {
    case TensorType::f32:
      return every_block<f32_block>(tensor, out);
    case TensorType::f16:
      return every_block<f16_block>(tensor, out);
    case TensorType::bf16:
      return every_block<bf16_block>(tensor, out);
    case TensorType::q8_0:
      return every_block<q8_0_block>(tensor, out);
    case TensorType::q4_0:
      return every_block<q4_0_block>(tensor, out);
    case TensorType::q4_1:
      return every_block<q4_1_block>(tensor, out);
    case TensorType::q5_0:
      return every_block<q5_0_block>(tensor, out);
    case TensorType::q5_1:
      return every_block<q5_1_block>(tensor, out);
    case TensorType::q4_k:
      return every_block<q4_k_block>(tensor, out);
    case TensorType::q5_k:
      return every_block<q5_k_block>(tensor, out);
    case TensorType::q6_k:
      return every_block<q6_k_block>(tensor, out);
  }
}

}  // namespace nudge::gguf
