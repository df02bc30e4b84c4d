#pragma once

#include <bit>
#include <cstdint>

namespace nudge::gguf {

/// IEEE half precision to single, exactly. A NaN stays one.
inline float from_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16, rest = half & 0x7fffu;
  // The exponent moves by shifting; a multiplication puts right its bias, and subnormal numbers with it.
  const float scaled = std::bit_cast<float>(rest << 13) * 0x1p112f;
  const std::uint32_t bits =
      rest >= 0x7c00 ? 0x7f800000u | (rest << 13) : std::bit_cast<std::uint32_t>(scaled);
  return std::bit_cast<float>(sign | bits);
}

/// Single precision to half, to the nearest, ties to even; beyond the largest one infinite.
inline std::uint16_t to_half(float number) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(number), rest = bits & 0x7fffffffu;
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  if (rest > 0x7f800000u) return sign | 0x7e00u | ((rest >> 13) & 0x1ffu);
  if (rest >= 0x47800000u) return sign | 0x7c00u;
  if (rest < 0x38800000u) {  // subnormal: adding .5 lines the bits up and rounds them
    const float shifted = std::bit_cast<float>(rest) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u));
  }
  return static_cast<std::uint16_t>(sign | ((rest - 0x38000000u + 0xfffu + ((rest >> 13) & 1u)) >> 13));
}

inline float from_bfloat16(std::uint16_t number) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(number) << 16);
}

/// To the nearest, ties to even. A NaN stays one, with sign and payload, as in ggml (torch makes all 0xffff).
inline std::uint16_t to_bfloat16(float number) {
  const auto bits = std::bit_cast<std::uint32_t>(number);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((bits >> 16) | 64u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace nudge::gguf
