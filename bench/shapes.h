#pragma once

#include <string>
#include <vector>

#include "model/config.h"

namespace nudge::bench {

/// The shapes that the peers' baselines are measured on, with random weights.
inline ModelConfig llama(std::int64_t hidden, std::int64_t layers, std::int64_t heads, std::int64_t kv_heads,
                         std::int64_t intermediate, std::int64_t vocabulary, std::int64_t positions) {
  ModelConfig config;
  config.vocab_size = vocabulary;
  config.hidden_size = hidden;
  config.intermediate_size = intermediate;
  config.num_hidden_layers = layers;
  config.num_attention_heads = heads;
  config.num_key_value_heads = kv_heads;
  config.head_dim = hidden / heads;
  config.max_position_embeddings = positions;
  return config;
}

/// Gemma 3 270M's.
inline ModelConfig g270() {
  const Json json = {{"model_type", "gemma3_text"},
                     {"architectures", {"Gemma3ForCausalLM"}},
                     {"vocab_size", 262144},
                     {"hidden_size", 640},
                     {"intermediate_size", 2048},
                     {"num_hidden_layers", 18},
                     {"num_attention_heads", 4},
                     {"num_key_value_heads", 1},
                     {"head_dim", 256},
                     {"query_pre_attn_scalar", 256},
                     {"max_position_embeddings", 32768},
                     {"rms_norm_eps", 1e-6},
                     {"hidden_activation", "gelu_pytorch_tanh"},
                     {"rope_theta", 1000000.0},
                     {"rope_local_base_freq", 10000.0},
                     {"sliding_window", 512},
                     {"sliding_window_pattern", 6},
                     {"tie_word_embeddings", true}};
  return parse_config(json, "g270");
}

struct Shape {
  std::string name;
  ModelConfig config;
};

/// Those that are asked for, by a name ("m42", "m42 bf16") or as "all", else the two that take seconds; each
/// in both precisions.
inline std::vector<Shape> shapes(const std::string& only) {
  std::vector<Shape> chosen;
  const std::vector<Shape> all = {{"m1", llama(128, 4, 4, 4, 352, 2048, 1024)},
                                  {"m15", llama(288, 6, 6, 6, 768, 8192, 1024)},
                                  {"m42", llama(512, 8, 8, 8, 1376, 16384, 2048)},
                                  {"smol135", llama(576, 30, 9, 3, 1536, 49152, 2048)},
                                  {"g270", g270()}};
  for (const Shape& shape : all) {
    const bool quick = shape.name == "m1" || shape.name == "m15";
    for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
      Shape one = shape;
      one.config.precision = precision;
      if (precision == Precision::bfloat16) one.name += " bf16";
      if (only == shape.name || only == one.name || only == "all" || (only.empty() && quick))
        chosen.push_back(std::move(one));
    }
  }
  return chosen;
}

}  // namespace nudge::bench
