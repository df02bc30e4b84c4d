#pragma once

#include <bit>
#include <cstdint>

#include "kernels/bf16/layout.h"

namespace nudge::kernels::bf16 {

/// To the nearest bf16, ties to even, as VCVTNE2PS2BF16 does: what is too small to be normal becomes zero, a
/// NaN a quiet one.
inline Bits round(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<Bits>(bits >> 16 | 0x40);
  if (magnitude < 0x00800000) return static_cast<Bits>(bits >> 16 & 0x8000);
  return static_cast<Bits>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

inline float widen(Bits x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16);
}

}  // namespace nudge::kernels::bf16
