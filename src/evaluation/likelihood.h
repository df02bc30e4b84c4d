#pragma once

#include <cstdint>
#include <vector>

#include "data/examples.h"
#include "model/decoder.h"

namespace nudge {

/// Mean negative log-likelihood per target token, without gradients.
double mean_nll(const Decoder& model, const std::vector<Example>& examples, std::int64_t micro_batch_tokens);

}  // namespace nudge
