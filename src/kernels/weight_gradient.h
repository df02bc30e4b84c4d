#pragma once

#include <cstdint>

#include "kernels/gemm.h"

namespace nudge::kernels {

/// dw [N, K] = dy^T x, or += with Store::add, for dy [T, N] and x [T, K]: what the weights of y = x W^T get
/// from T tokens. Leading dimensions (`ld...`) are elements between rows. Each element is one chain of
/// multiply-adds in the order of the tokens, the same bits whatever the number of threads. OpenMP over the
/// rows of dw. In bf16 both are rounded to it.
void weight_gradient(const float* dy, std::int64_t lddy, const float* x, std::int64_t ldx,
                     std::int64_t tokens, std::int64_t n, std::int64_t k, float* dw, std::int64_t lddw,
                     Store store = Store::replace, Precision precision = Precision::float32);

}  // namespace nudge::kernels
