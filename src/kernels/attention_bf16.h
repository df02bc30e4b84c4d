#pragma once

#include "kernels/attention.h"

namespace nudge::kernels {

/// causal_attention and its backward pass with Precision::bfloat16: queries times their scale, keys, values,
/// weights and their gradients are rounded where they are multiplied; the softmax and all sums are fp32.
void causal_attention_bf16(const AttentionShape& shape, const float* q, const float* k, const float* v,
                           float* out, float* log_sum_exp);
void causal_attention_backward_bf16(const AttentionShape& shape, const float* d_out, const float* q,
                                    const float* k, const float* v, const float* out,
                                    const float* log_sum_exp, float* dq, float* dk, float* dv);

}  // namespace nudge::kernels
