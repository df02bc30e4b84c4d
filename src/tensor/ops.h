#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "kernels/activation.h"
#include "tensor/logit_curve.h"
#include "tensor/packed_batch.h"
#include "tensor/rotary_table.h"
#include "tensor/weight.h"

namespace nudge {

// Differentiable operations on packed tokens, fp32, each with a hand-written backward on our kernels (CPU).
// All outputs are contiguous. Outside grad mode nothing is kept for a backward pass.

/// x [T, D] @ w [N, D]^T -> [T, N].
at::Tensor linear(const at::Tensor& x, const Weight& w);

/// Rows `index_N` (integers, in range, else Error) of x [R, D] -> [N, D]; the backward pass adds into rows in
/// the order of the index (deterministic).
at::Tensor select_rows(const at::Tensor& x, const at::Tensor& index_N);

/// Rows `tokens_T` of weight [V, D]: select_rows under its usual name, of frozen ones too.
at::Tensor embedding(const at::Tensor& tokens_T, const Weight& weight_VD);

at::Tensor rms_norm(const at::Tensor& x_TD, const at::Tensor& weight_D, double epsilon);

at::Tensor layer_norm(const at::Tensor& x_TD, const at::Tensor& weight_D, const at::Tensor& bias_D,
                      double epsilon);

using kernels::Activation;

/// f(x), of any shape.
at::Tensor activate(const at::Tensor& x, Activation f);

/// gate_up [T, 2F] -> f(gate) * up [T, F]: SwiGLU with silu, GeGLU with a gelu.
at::Tensor gate(const at::Tensor& gate_up, Activation f);

/// How a projection is cut into heads, and what a token sees.
struct AttentionOptions {
  std::int64_t heads, kv_heads, head_size;
  double scale = 0;                          // on the scores; 0: 1 / sqrt(head_size)
  std::int64_t window = 0;                   // a token sees itself and window - 1 tokens before it; 0: all
  double soft_cap = 0;                       // scores s become soft_cap * tanh(s / soft_cap); 0: they stay
  Precision precision = Precision::float32;  // of the products

  float score_scale() const;
};

/// RMSNorm of the queries and keys of a projection qkv [T, (H + 2K) E]; the values stay. With weights [E]
/// each head is normalised by itself, with [H E] and [K E] all heads together.
at::Tensor head_norm(const at::Tensor& qkv, const at::Tensor& q_weight, const at::Tensor& k_weight,
                     double epsilon, const AttentionOptions& options);

/// Self-attention of packed sequences from one projection qkv [T, (H + 2K) E] (queries, keys, values side by
/// side): rotates queries and keys, attends causally inside each sequence (a branch: to its trunk and itself)
/// -> [T, H E].
at::Tensor attention(const at::Tensor& qkv, const PackedBatch& batch, const RotaryTable& rotary,
                     const AttentionOptions& options);

/// Log-probabilities of targets and, on request, entropies, without a [T, V] tensor: hidden states times the
/// head in chunks of rows; the backward pass computes the chunk again. Both outputs are differentiable.
struct TokenLogprobs {
  at::Tensor logprobs_N;   // fp32
  at::Tensor entropies_N;  // undefined unless asked for
};
/// hidden [N, D] (already only at positions that carry a loss), weight [V, D], targets int32 [N].
TokenLogprobs token_logprobs(const at::Tensor& hidden_ND, const Weight& weight_VD,
                             const at::Tensor& targets_N, double temperature = 1.0, bool entropies = false,
                             const LogitCurve& curve = {});

/// log sum_v p(v)^2 at every hidden state [N], the log-probability that two samples agree; no gradient. In
/// chunks of rows, as above.
at::Tensor log_collision(const at::Tensor& hidden_ND, const Weight& weight_VD, const LogitCurve& curve = {});

}  // namespace nudge
