#pragma once

#include <cstdint>
#include <span>

#include "gguf/file.h"

namespace nudge::gguf {

/// The tensor's numbers in fp32, in the order of the file, bit for bit those of the `gguf` package (0.19,
/// gguf.quants.dequantize; NaN as NaN). `numbers` has room for tensor.count() of them. Threaded by OpenMP.
void dequantize(const TensorInfo& tensor, std::span<float> numbers);

}  // namespace nudge::gguf
