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
  std::int64_t window = 0;  // a token attends to itself and window - 1 tokens before it; 0: to all
  float soft_cap = 0;       // scores s become soft_cap * tanh(s / soft_cap) (Gemma 2); 0: they stay
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

/// Shapes of attention of one new token for each of `rows` slots against its cache. `ld*` are elements
/// between rows of queries and of the result; the rest as above.
struct DecodeShape {
  std::int64_t rows, heads, kv_heads, e;
  std::int64_t capacity;  // tokens that a cache has room for
  std::int64_t ldq, ldo;
  float scale;
  std::int64_t window = 0;
  float soft_cap = 0;
};

/// q, out [rows, heads, e]. keys[r], values[r] point to slot r's cache of one layer: [kv_heads][capacity][e];
/// lengths[r] tokens are valid, the new one included. A row's result depends on that row only, bit for bit.
void decode_attention(const DecodeShape& shape, const float* q, const float* const* keys,
                      const float* const* values, const std::int32_t* lengths, float* out);

}  // namespace nudge::kernels
