#pragma once

#include <cstdint>

namespace nudge::kernels {

/// y = x / sqrt(mean(x^2) + eps) * w for each of `rows` rows of width `d` (RMSNorm, Zhang and Sennrich 2019).
/// `inverse_rms` [rows] is kept for the backward pass; may be null.
void rms_norm(const float* x, const float* w, float eps, std::int64_t rows, std::int64_t d, float* y,
              float* inverse_rms);

/// dx is written; dw [d] is accumulated in a fixed order (deterministic for a given number of threads).
void rms_norm_backward(const float* dy, const float* x, const float* w, const float* inverse_rms,
                       std::int64_t rows, std::int64_t d, float* dx, float* dw);

}  // namespace nudge::kernels
