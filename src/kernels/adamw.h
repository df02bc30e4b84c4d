#pragma once

#include <cstdint>

namespace nudge::kernels {

struct AdamWRule {
  float learning_rate, beta1, beta2, epsilon, weight_decay;
  float gradient_scale;  // every gradient is multiplied by it first (1/count and clipping folded in)
  std::int64_t step;     // 1 at the first update, for bias correction
};

/// One pass over n parameters (Loshchilov and Hutter 2019, decoupled decay; the arithmetic of
/// torch.optim.AdamW).
void adamw(const AdamWRule& rule, std::int64_t n, float* parameters, const float* gradients,
           float* first_moments, float* second_moments);

/// Sum of squares in double, in a fixed order (the same for any number of threads). Infinite or NaN when an
/// element is.
double sum_of_squares(const float* x, std::int64_t n);

}  // namespace nudge::kernels
