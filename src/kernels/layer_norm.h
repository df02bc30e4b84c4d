#pragma once

#include <cstdint>

namespace nudge::kernels {

/// y = (x - mean(x)) / sqrt(variance(x) + eps) * w + b for each of `rows` rows of width `d` (LayerNorm, Ba et
/// al. 2016). `means` and `inverse_deviations` [rows] are kept for the backward pass; both may be null. y may
/// be x. A row's result depends on that row only.
void layer_norm(const float* x, const float* w, const float* b, float eps, std::int64_t rows, std::int64_t d,
                float* y, float* means, float* inverse_deviations);

/// dx is written; dw and db [d] are accumulated in a fixed order, whatever the number of threads.
void layer_norm_backward(const float* dy, const float* x, const float* w, const float* means,
                         const float* inverse_deviations, std::int64_t rows, std::int64_t d, float* dx,
                         float* dw, float* db);

}  // namespace nudge::kernels
