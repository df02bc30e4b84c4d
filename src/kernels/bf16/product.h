#pragma once

#include <cstdint>

#include "kernels/bf16/path.h"

namespace nudge::kernels::bf16 {

// The three products of a linear layer on bf16 numbers with sums in fp32: y = x W^T, dx = dy W, dw = dy^T x.
// What is not packed is fp32, and rounded when it is read. Bits of a row (of an element of dw) depend on that
// row (on the tokens) only: not on the other rows, nor on the number of threads.

/// All panels of B = w^T from w [columns, depth]; `packed` has columns_size(columns, depth) elements.
void pack(Source w, std::int64_t columns, std::int64_t depth, Bits* packed);

/// y [rows, n] = x [rows, k] W^T, W [n, k] in `panels`, or y plus that.
void forward(Source x, std::int64_t rows, const Bits* panels, std::int64_t n, std::int64_t k, float* y,
             std::int64_t ldy, bool add);

/// dx [rows, k] = dy [rows, n] W.
void backward(Source dy, std::int64_t rows, const Bits* panels, std::int64_t n, std::int64_t k, float* dx,
              std::int64_t lddx);

/// dw [n, k] = dy [tokens, n]^T x [tokens, k], or sums that begin at dw: the same bits however the tokens are
/// cut, if at multiples of 32.
void weight_gradient(Source dy, Source x, std::int64_t tokens, std::int64_t n, std::int64_t k, float* dw,
                     std::int64_t lddw, bool add);

}  // namespace nudge::kernels::bf16
