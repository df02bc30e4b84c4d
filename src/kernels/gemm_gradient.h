#pragma once

#include <cstdint>

#include "kernels/gemm.h"

namespace nudge::kernels {

/// dw [N, K] = dy^T x, or += with Store::add, for dy [M, N] and x [M, K]: the gradient of the weights of y =
/// x W^T. `ld*` are elements between rows. Sums run over M in order, so the bits do not depend on the number
/// of threads.
void gemm_weight_gradient(const float* dy, std::int64_t m, std::int64_t n, std::int64_t ld_dy, const float* x,
                          std::int64_t k, std::int64_t ldx, float* dw, std::int64_t ld_dw,
                          Store store = Store::replace);

}  // namespace nudge::kernels
