#pragma once

#include "model/config.h"

namespace nudge {

/// The smallest decoder that has everything: layers, key/value heads that queries share, heads that are wider
/// than hidden_size / heads. Weights of 0.02 begin near the uniform distribution; of 0.3, they tell inputs
/// apart.
inline ModelConfig tiny_config(std::int64_t vocab_size = 32, double initializer_range = 0.02) {
  ModelConfig config;
  config.vocab_size = vocab_size;
  config.hidden_size = 16;
  config.intermediate_size = 24;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 2;
  config.head_dim = 8;
  config.max_position_embeddings = 128;
  config.initializer_range = initializer_range;
  return config;
}

}  // namespace nudge
