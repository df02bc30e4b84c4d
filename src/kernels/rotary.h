#pragma once

#include <cstdint>

namespace nudge::kernels {

/// Rotates each head of x [rows, heads, e] in place by its row's position, pairing dimension i with i + e/2
/// (Hugging Face Llama). `cosines`, `sines` are [max_position, e/2]. `inverse` rotates back (the backward
/// pass). `ldx` elements between rows.
void rotary(float* x, const std::int32_t* positions, std::int64_t rows, std::int64_t heads, std::int64_t e,
            std::int64_t ldx, const float* cosines, const float* sines, bool inverse);

}  // namespace nudge::kernels
