#pragma once

#include <cstdint>

namespace nudge::kernels {

/// Shapes of packed causal attention. Queries [T, heads, e], keys and values [T, kv_heads, e]; `ld*` are
/// elements between tokens, so q, k and v may be slices of one projection. Sequence b holds tokens starts[b]
/// .. starts[b+1]-1. Group g holds sequences group_starts[g] .. group_starts[g+1]-1: the first is a trunk,
/// each other one a branch that goes on where the trunk ends and attends to it and to itself.
struct AttentionShape {
  const std::int32_t* starts;  // [sequences + 1]
  std::int64_t sequences, heads, kv_heads, e;
  std::int64_t ldq, ldk, ldv, ldo;
  float scale;                                 // usually 1/sqrt(e)
  const std::int32_t* group_starts = nullptr;  // [groups + 1]; null: each sequence stands alone
  std::int64_t groups = 0;
};

/// out [T, heads, e]; log_sum_exp [T, heads] is kept for the backward pass (may be null).
/// Each sequence's result depends on that sequence only, bit for bit; a branch's is what the trunk and it
/// would give as one sequence.
void causal_attention(const AttentionShape& shape, const float* q, const float* k, const float* v, float* out,
                      float* log_sum_exp);

/// dq, dk, dv are written (not accumulated), with the leading dimensions of q, k, v. Deterministic.
void causal_attention_backward(const AttentionShape& shape, const float* d_out, const float* q,
                               const float* k, const float* v, const float* out, const float* log_sum_exp,
                               float* dq, float* dk, float* dv);

/// One new token for each of `rows` slots against its cache. q, out [rows, heads, e]. keys[r], values[r]
/// point to slot r's cache of one layer: [kv_heads][capacity][e]; lengths[r] tokens are valid, the new one
/// included.
void decode_attention(const float* q, std::int64_t ldq, const float* const* keys, const float* const* values,
                      const std::int32_t* lengths, std::int64_t rows, std::int64_t heads,
                      std::int64_t kv_heads, std::int64_t e, std::int64_t capacity, float scale, float* out,
                      std::int64_t ldo);

}  // namespace nudge::kernels
