#pragma once

#include <cstdint>

namespace nudge::kernels {

/// x = soft_cap * tanh(scale * x / soft_cap) in place for n numbers; with soft_cap 0, x = scale * x. `slopes`
/// [n] (may be null) becomes the derivative of each. OpenMP over the numbers; each depends on itself only.
void bend_logits(float* x, std::int64_t n, float scale, float soft_cap, float* slopes);

}  // namespace nudge::kernels
