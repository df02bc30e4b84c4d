#pragma once

#include <cstdint>

#include "model/config.h"

namespace nudge {

/// What models hold in memory from a command's first step to its last, in fp32 numbers. What a step computes,
/// the longer its batches, comes on top: `--plan` takes one and measures.
struct ModelMemory {
  std::int64_t frozen = 0;   // only read: bases, references, reward models, the panels of a decode engine
  std::int64_t trained = 0;  // a learner's: each with its gradient and AdamW's two moments

  std::int64_t bytes() const { return 4 * (frozen + 4 * trained); }
};

/// The same weights trained whole, or as adapters of every linear layer on one frozen base.
struct TrainingMemory {
  ModelMemory whole, adapters;
};

/// What stands beside a learner.
struct Beside {
  bool reference = false;     // kept, because the policy moves away from it
  bool value_model = false;   // learned too
  bool reward_model = false;  // of the policy's size
  bool engine = false;        // samples from the policy
  bool start = false;         // the model that a reward model was made of
};

/// Of a command that trains a language model of this configuration.
TrainingMemory training_memory(const ModelConfig& config, const Beside& beside, std::int64_t rank);

/// All numbers of a model of this configuration.
std::int64_t numbers_of(const ModelConfig& config);
/// Those of adapters of this rank on every linear layer.
std::int64_t adapter_numbers(const ModelConfig& config, std::int64_t rank);

}  // namespace nudge
