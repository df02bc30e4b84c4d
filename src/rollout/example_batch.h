#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/examples.h"
#include "tensor/packed_batch.h"

namespace nudge {

/// Examples laid end to end for a forward pass: `predicting_N` holds the position just before each token that
/// carries a loss, in the order given.
struct PackedExamples {
  PackedBatch batch;
  at::Tensor predicting_N;  // int64
  at::Tensor targets_N;     // int32: the tokens that carry a loss
};
PackedExamples pack_examples(std::span<const Example> all, std::span<const std::int64_t> indices);

/// Micro-batches of examples by token budget.
std::vector<std::vector<std::int64_t>> example_batches(std::span<const Example> all,
                                                       std::span<const std::int64_t> indices,
                                                       std::int64_t token_budget);

}  // namespace nudge
