#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace nudge {

/// A sequence: a prompt, which others may have too, and how it goes on. The tokens are the caller's.
struct PromptedSequence {
  std::span<const std::int32_t> prompt, completion;

  std::int64_t length() const { return std::ssize(prompt) + std::ssize(completion); }
};
/// Sequences that share nothing.
std::vector<PromptedSequence> unprompted(std::span<const std::vector<std::int32_t>> sequences);

/// Sequences laid end to end, no padding. Attention is causal inside each. A prompt that several have stands,
/// and is computed, once: as a trunk, with the completions behind it as its branches. A segment is a trunk, a
/// branch or a whole sequence.
struct PackedBatch {
  at::Tensor tokens_T;           // int32
  at::Tensor positions_T;        // int32: how many tokens of its sequence stand before each
  at::Tensor segment_starts_C1;  // int32, cumulative; first 0, last T
  at::Tensor group_starts_G1;    // int32, cumulative, in segments: a trunk and its branches, or one sequence

  /// Where a sequence's tokens lie in T: the first `shared` from `trunk` on, the others from `own` on.
  struct Place {
    std::int64_t trunk, shared, own, length;
  };
  std::vector<Place> sequences;  // [B], in the order they were given

  std::int64_t tokens() const { return tokens_T.numel(); }
  /// Where token `t` of a sequence lies in T.
  std::int64_t row(std::int64_t sequence, std::int64_t t) const;
  /// int64 [B]: the row of each sequence's last token.
  at::Tensor last_tokens_B() const;
};

/// Throws Error on an empty list or an empty sequence.
PackedBatch pack(std::span<const PromptedSequence> sequences);
PackedBatch pack(std::span<const std::vector<std::int32_t>> sequences);

/// Tokens that `pack` would lay.
std::int64_t packed_tokens(std::span<const PromptedSequence> sequences);

/// Sequence indices cut into micro-batches of at most `token_budget` tokens (a longer sequence stands alone),
/// sorted by length so that each is even. Every index appears once; the order is a function of the lengths
/// only.
std::vector<std::vector<std::int64_t>> micro_batches(std::span<const std::int64_t> lengths,
                                                     std::int64_t token_budget);

/// Micro-batches of sequences as `pack` lays them: a shared prompt counts once, and the sequences that share
/// it stay together as far as the budget allows.
std::vector<std::vector<std::int64_t>> micro_batches(std::span<const PromptedSequence> sequences,
                                                     std::int64_t token_budget);

/// Micro-batches of some members of a dataset, which hold these indices; `length(index)` says how many tokens
/// one has.
std::vector<std::vector<std::int64_t>> micro_batches(std::span<const std::int64_t> indices,
                                                     std::int64_t token_budget,
                                                     const std::function<std::int64_t(std::int64_t)>& length);

}  // namespace nudge
