#pragma once

#include <cstdint>

namespace nudge::kernels {

/// Turns the first `rotated` elements of each head of x [rows, heads, e] in place by its row's position,
/// element i with i + rotated/2 (Hugging Face's layout). `cosines`, `sines` are [max_position, rotated/2].
/// `inverse` turns back (the backward pass). `ldx` elements between rows. With `rotated` 0 nothing happens.
void rotary(float* x, const std::int32_t* positions, std::int64_t rows, std::int64_t heads, std::int64_t e,
            std::int64_t rotated, std::int64_t ldx, const float* cosines, const float* sines, bool inverse);

}  // namespace nudge::kernels
