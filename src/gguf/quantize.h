#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "gguf/tensor_type.h"

namespace nudge::gguf {

/// The bytes of these numbers as F32, F16, BF16 or Q8_0, equal to those of the `gguf` package (0.19,
/// gguf.quants.quantize). `numbers` are whole blocks of the type. Throws Error for other types, and for a
/// number that the type cannot hold (above what fp16 holds; in Q8_0 also what is not finite, or above what
/// the fp16 scale holds), naming `what`. Threaded by OpenMP.
std::string quantize(std::span<const float> numbers, TensorType type, const std::string& what);

}  // namespace nudge::gguf
