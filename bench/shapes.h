#pragma once

#include "model/config.h"

namespace nudge::bench {

/// The shapes that the peers' baselines were measured on, with random weights.
inline ModelConfig m1() {
  ModelConfig config;
  config.vocab_size = 2048;
  config.hidden_size = 128;
  config.intermediate_size = 352;
  config.num_hidden_layers = 4;
  config.num_attention_heads = config.num_key_value_heads = 4;
  config.head_dim = 32;
  config.max_position_embeddings = 1024;
  return config;
}

inline ModelConfig m15() {
  ModelConfig config;
  config.vocab_size = 8192;
  config.hidden_size = 288;
  config.intermediate_size = 768;
  config.num_hidden_layers = 6;
  config.num_attention_heads = config.num_key_value_heads = 6;
  config.head_dim = 48;
  config.max_position_embeddings = 1024;
  return config;
}

}  // namespace nudge::bench
