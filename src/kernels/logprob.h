#pragma once

#include <cstdint>

namespace nudge::kernels {

/// -e^-8: above it lies the log-probability of a target that leads all other logits together by 8 nats. In
/// single precision 1 - p has few digits there and none beyond 16.6 nats, where log p would be 0 and its
/// gradient too. Such a target's log p and 1 - p are therefore taken from the others' sum, which keeps its
/// digits as long as their probabilities are normal numbers (87 nats).
constexpr float kNearlyCertain = -3.3546263e-4f;

/// For each row of logits [rows, v], divided by `temperature`: log softmax at target[r], the log-sum-exp (of
/// the divided logits, kept for the backward pass), and the entropy. Output pointers [rows] may be null.
/// Targets in [0, v).
void log_softmax_pick(const float* logits, std::int64_t rows, std::int64_t v, std::int64_t ld,
                      float temperature, const std::int32_t* targets, float* logprobs, float* log_sum_exp,
                      float* entropies);

/// In place: logits become d loss / d logits, where d_logprobs[r] and d_entropies[r] (may be null) are the
/// gradients of the two outputs and the row's log_sum_exp and entropy are those of the forward pass.
void log_softmax_pick_backward(float* logits, std::int64_t rows, std::int64_t v, std::int64_t ld,
                               float temperature, const std::int32_t* targets, const float* log_sum_exp,
                               const float* d_logprobs, const float* entropies, const float* d_entropies);

}  // namespace nudge::kernels
