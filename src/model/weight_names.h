#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/config.h"

namespace nudge {

/// One tensor of a Hugging Face Llama checkpoint and its place in the decoder: rows [row, row + shape[0]) of
/// a parameter, which is fused for q, k, v and for gate, up.
struct CheckpointTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::string parameter;
  std::int64_t row = 0;
};

/// All tensors that a checkpoint of this configuration holds, in the decoder's order.
std::vector<CheckpointTensor> checkpoint_tensors(const ModelConfig& config);

}  // namespace nudge
