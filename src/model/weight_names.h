#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/config.h"

namespace nudge {

/// How the numbers of a checkpoint's tensor lie in the decoder's rows.
enum class StoredOrder {
  rows,        // as they are
  transposed,  // [in, out] (GPT-2's Conv1D)
  heads,       // fused queries, keys and values, head by head (GPT-NeoX)
};

/// One tensor of a Hugging Face checkpoint and its place in the decoder: rows [row, row + rows) of a
/// parameter, which is fused for q, k, v and for gate, up.
struct CheckpointTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string parameter;
  std::int64_t row = 0, rows = 0;
  bool linear = false;  // a matrix of a layer
  StoredOrder order = StoredOrder::rows;
  std::int64_t head_dim = 0;  // of `heads`
};

/// The tensor in the decoder's order, and back.
at::Tensor as_computed(const at::Tensor& stored, const CheckpointTensor& item);
at::Tensor as_stored(const at::Tensor& computed, const CheckpointTensor& item);

/// What fresh weights are.
enum class Start { zero, identity_norm, normal, into_residual };

/// One weight of the decoder: its own name, which is Llama's whatever the family, and the tensors that hold
/// it in a checkpoint.
struct WeightPlan {
  std::string name;
  std::vector<std::int64_t> shape;
  Start start;
  std::vector<CheckpointTensor> stored;
};

/// Every weight of a decoder of this configuration, in its order: the one list that the decoder is built
/// from, initialised, read and written by.
std::vector<WeightPlan> weight_plan(const ModelConfig& config);

/// All tensors that a checkpoint of this configuration holds, in the same order.
std::vector<CheckpointTensor> checkpoint_tensors(const ModelConfig& config);

/// A part of the decoder, and what the decoder calls it.
using Part = std::string_view PartNames::*;
/// Of a layer.
std::string part_name(Part part, std::int64_t layer);
/// Of none.
std::string part_name(Part part);

}  // namespace nudge
