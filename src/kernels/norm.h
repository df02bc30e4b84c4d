#pragma once

#include <cstdint>

namespace nudge::kernels {

/// y = x / sqrt(mean(x^2) + eps) * w for each of `rows` rows of width `d` (RMSNorm, Zhang and Sennrich 2019).
/// `inverse_rms` [rows] is kept for the backward pass; may be null. y may be x.
void rms_norm(const float* x, const float* w, float eps, std::int64_t rows, std::int64_t d, float* y,
              float* inverse_rms);

/// dx is written; dw [d] is accumulated in a fixed order, whatever the number of threads.
void rms_norm_backward(const float* dy, const float* x, const float* w, const float* inverse_rms,
                       std::int64_t rows, std::int64_t d, float* dx, float* dw);

/// Heads that are normalised each by itself: `heads` of width `d` side by side in each of `rows` rows, which
/// lie `ld` apart.
struct NormedHeads {
  std::int64_t rows, heads, d, ld;
};

/// rms_norm of every head with the same w [d]. `inverse_rms` [rows, heads] may be null; y, which lies like x,
/// may be x.
void rms_norm_heads(const NormedHeads& shape, const float* x, const float* w, float eps, float* y,
                    float* inverse_rms);

/// As above; dy and dx lie like x, and dx may be dy.
void rms_norm_heads_backward(const NormedHeads& shape, const float* dy, const float* x, const float* w,
                             const float* inverse_rms, float* dx, float* dw);

}  // namespace nudge::kernels
