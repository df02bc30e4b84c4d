#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "model/decoder.h"
#include "records/records.h"

namespace nudge {

/// What a model makes of prompts: the mean of the final hidden states over each prompt's tokens, completions
/// left out, without gradients -> [B, D]. At most `token_budget` tokens in one forward pass.
at::Tensor prompt_embeddings(const Decoder& model, std::span<const Trajectory> trajectories,
                             std::int64_t token_budget);

}  // namespace nudge
