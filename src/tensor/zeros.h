#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace nudge {

/// `count` zeros, fp32, on huge pages where the system gives them: for what is streamed from memory, whole,
/// again and again.
at::Tensor streamed_zeros(std::int64_t count);

}  // namespace nudge
