#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "data/reward_examples.h"
#include "model/decoder.h"

namespace nudge {

/// Raw scores at the places of some examples, one example behind the other, under every head of a scalar
/// model [N, heads]; differentiable. Each sequence is computed once, and so is a prompt that several have,
/// all in one packed batch.
at::Tensor place_scores(const Decoder& model, std::span<const RewardExample* const> examples);

/// Raw scores of any number of examples, without gradients, in batches of about `token_budget` tokens:
/// [example][head][place].
std::vector<std::vector<std::vector<double>>> all_place_scores(const Decoder& model,
                                                               std::span<const RewardExample> examples,
                                                               std::int64_t token_budget);

}  // namespace nudge
