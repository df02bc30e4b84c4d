#include "model/weight_names.h"

#include <fmt/format.h>

namespace nudge {

std::vector<CheckpointTensor> checkpoint_tensors(const ModelConfig& c) {
  const std::int64_t d = c.hidden_size, f = c.intermediate_size;
  const std::int64_t queries = c.num_attention_heads * c.head_dim, keys = c.num_key_value_heads * c.head_dim;
  std::vector<CheckpointTensor> all;
  const auto plain = [&](const std::string& name, std::vector<std::int64_t> shape) {
    all.push_back({name, std::move(shape), name});
  };
  const auto fused = [&](const std::string& name, std::int64_t rows, const std::string& into,
                         std::int64_t row) { all.push_back({name, {rows, d}, into, row}); };

  plain("model.embed_tokens.weight", {c.vocab_size, d});
  for (std::int64_t layer = 0; layer < c.num_hidden_layers; ++layer) {
    const std::string prefix = fmt::format("model.layers.{}.", layer);
    const std::string attention = prefix + "self_attn.", mlp = prefix + "mlp.";
    plain(prefix + "input_layernorm.weight", {d});
    fused(attention + "q_proj.weight", queries, attention + "qkv_proj.weight", 0);
    fused(attention + "k_proj.weight", keys, attention + "qkv_proj.weight", queries);
    fused(attention + "v_proj.weight", keys, attention + "qkv_proj.weight", queries + keys);
    plain(attention + "o_proj.weight", {d, queries});
    plain(prefix + "post_attention_layernorm.weight", {d});
    fused(mlp + "gate_proj.weight", f, mlp + "gate_up_proj.weight", 0);
    fused(mlp + "up_proj.weight", f, mlp + "gate_up_proj.weight", f);
    plain(mlp + "down_proj.weight", {d, f});
  }
  plain("model.norm.weight", {d});
  if (c.head == Head::scalar) {
    plain("score.weight", {c.heads(), d});
  } else if (!c.tie_word_embeddings) {
    plain("lm_head.weight", {c.vocab_size, d});
  }
  return all;
}

}  // namespace nudge
