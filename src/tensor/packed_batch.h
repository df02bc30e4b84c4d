#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace nudge {

/// Sequences laid end to end, no padding. Attention is causal inside each.
struct PackedBatch {
  at::Tensor tokens_T;            // int32
  at::Tensor positions_T;         // int32, restarting at 0 in each sequence
  at::Tensor sequence_starts_B1;  // int32, cumulative; first 0, last T

  std::int64_t tokens() const { return tokens_T.numel(); }
  std::int64_t sequences() const { return sequence_starts_B1.numel() - 1; }
  /// int64 [B]: index of each sequence's last token.
  at::Tensor last_tokens_B() const;
};

/// Throws Error on an empty list or an empty sequence.
PackedBatch pack(std::span<const std::vector<std::int32_t>> sequences);

/// Sequence indices cut into micro-batches of at most `token_budget` tokens (a longer sequence stands alone),
/// sorted by length so that each is even. Every index appears once; the order is a function of the lengths
/// only.
std::vector<std::vector<std::int64_t>> micro_batches(std::span<const std::int64_t> lengths,
                                                     std::int64_t token_budget);

/// The same for chosen members of a dataset, whose micro-batches hold these indices; `length(index)` says how
/// many tokens one has.
std::vector<std::vector<std::int64_t>> micro_batches(std::span<const std::int64_t> chosen,
                                                     std::int64_t token_budget,
                                                     const std::function<std::int64_t(std::int64_t)>& length);

}  // namespace nudge
