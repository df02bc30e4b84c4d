#pragma once

#include <cstdint>

#include "kernels/bf16/layout.h"
#include "kernels/precision.h"

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
  Precision precision = Precision::float32;  // of the products; the softmax is fp32
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
/// Agrees with causal_attention to rounding.
void decode_attention(const DecodeShape& shape, const float* q, const float* const* keys,
                      const float* const* values, const std::int32_t* lengths, float* out);

/// A cache of keys and values in bf16, of one layer and head: its keys are the columns of a matrix [e,
/// capacity] in panels, its values the rows of one [capacity, e] (bf16/layout.h), so that the products of
/// causal_attention read them as they lie.
struct Bf16Cache {
  std::int64_t capacity, e;  // the capacity in whole panels: rounded(tokens)

  static std::int64_t rounded(std::int64_t tokens) { return bf16::panels(tokens) * bf16::kPanelColumns; }
  std::int64_t keys_size() const { return bf16::columns_size(capacity, e); }
  std::int64_t values_size() const { return bf16::columns_size(e, capacity); }

  /// Rounds one token's key and value [e] into the cache. Tokens come in order.
  void write(std::int64_t position, const float* key, const float* value, bf16::Bits* keys,
             bf16::Bits* values) const;
  /// The first `length` tokens of another cache.
  void copy_keys(const bf16::Bits* from, std::int64_t length, bf16::Bits* to) const;
  void copy_values(const bf16::Bits* from, std::int64_t length, bf16::Bits* to) const;
};

/// As above, on caches in bf16: keys[r], values[r] point to [kv_heads] of them. What causal_attention gives
/// in bf16 for the last token of the same sequence, bit for bit.
void decode_attention(const DecodeShape& shape, const float* q, const bf16::Bits* const* keys,
                      const bf16::Bits* const* values, const std::int32_t* lengths, float* out);

}  // namespace nudge::kernels
