#pragma once

#include <vector>

#include "model/decoder.h"
#include "model/tiny_config_test.h"
#include "tensor/aten.h"
#include "tensor/loss_sum.h"

namespace nudge {

using Sequences = std::vector<std::vector<std::int32_t>>;

/// Eight ragged sequences.
inline Sequences tiny_sequences() {
  Sequences sequences;
  for (std::int32_t i = 0; i < 8; ++i) {
    sequences.emplace_back();
    for (std::int32_t t = 0; t < 3 + i; ++t) sequences.back().push_back((7 * i + 5 * t * t + t) % 32);
  }
  return sequences;
}

/// Negative log-likelihood of every token but each sequence's first.
inline LossSum next_token_loss(const Decoder& model, const Sequences& sequences) {
  std::vector<std::int64_t> positions;
  std::vector<std::int32_t> targets;
  std::int64_t start = 0;
  for (const auto& sequence : sequences) {
    const auto length = static_cast<std::int64_t>(sequence.size());
    for (std::int64_t t = 0; t + 1 < length; ++t) positions.push_back(start + t);
    targets.insert(targets.end(), sequence.begin() + 1, sequence.end());
    start += length;
  }
  const auto logprobs = next_token_logprobs(model, pack(sequences), at::tensor(positions, at::kLong),
                                            at::tensor(targets, at::kInt), 1.0, false)
                            .logprobs_N;
  return {-logprobs.sum(), static_cast<double>(positions.size()), {}};
}

}  // namespace nudge
