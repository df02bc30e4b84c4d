#include "gguf/architecture.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/excerpt.h"

namespace nudge::gguf {

namespace {

using enum Extent;

constexpr TensorName kOnce[] = {
    {"token_embd.weight", "model.embed_tokens.weight", vocabulary, hidden},
    {"output_norm.weight", "model.norm.weight", hidden},
    {"output.weight", "lm_head.weight", vocabulary, hidden, Change::none, true},
};

constexpr TensorName kOnceGemma[] = {
    {"token_embd.weight", "model.embed_tokens.weight", vocabulary, hidden},
    {"output_norm.weight", "model.norm.weight", hidden, none, Change::add_one},
    {"output.weight", "lm_head.weight", vocabulary, hidden, Change::none, true},
};

constexpr TensorName kLlama[] = {
    {"attn_norm.weight", "input_layernorm.weight", hidden},
    {"attn_q.weight", "self_attn.q_proj.weight", queries, hidden, Change::rotary_rows},
    {"attn_q.bias", "self_attn.q_proj.bias", queries, none, Change::rotary_rows, true},
    {"attn_k.weight", "self_attn.k_proj.weight", keys, hidden, Change::rotary_rows},
    {"attn_k.bias", "self_attn.k_proj.bias", keys, none, Change::rotary_rows, true},
    {"attn_v.weight", "self_attn.v_proj.weight", keys, hidden},
    {"attn_v.bias", "self_attn.v_proj.bias", keys, none, Change::none, true},
    {"attn_output.weight", "self_attn.o_proj.weight", hidden, queries},
    {"attn_output.bias", "self_attn.o_proj.bias", hidden, none, Change::none, true},
    {"ffn_norm.weight", "post_attention_layernorm.weight", hidden},
    {"ffn_gate.weight", "mlp.gate_proj.weight", feed_forward, hidden},
    {"ffn_up.weight", "mlp.up_proj.weight", feed_forward, hidden},
    {"ffn_down.weight", "mlp.down_proj.weight", hidden, feed_forward},
};

constexpr TensorName kQwen2[] = {
    {"attn_norm.weight", "input_layernorm.weight", hidden},
    {"attn_q.weight", "self_attn.q_proj.weight", queries, hidden},
    {"attn_q.bias", "self_attn.q_proj.bias", queries},
    {"attn_k.weight", "self_attn.k_proj.weight", keys, hidden},
    {"attn_k.bias", "self_attn.k_proj.bias", keys},
    {"attn_v.weight", "self_attn.v_proj.weight", keys, hidden},
    {"attn_v.bias", "self_attn.v_proj.bias", keys},
    {"attn_output.weight", "self_attn.o_proj.weight", hidden, queries},
    {"ffn_norm.weight", "post_attention_layernorm.weight", hidden},
    {"ffn_gate.weight", "mlp.gate_proj.weight", feed_forward, hidden},
    {"ffn_up.weight", "mlp.up_proj.weight", feed_forward, hidden},
    {"ffn_down.weight", "mlp.down_proj.weight", hidden, feed_forward},
};

constexpr TensorName kQwen3[] = {
    {"attn_norm.weight", "input_layernorm.weight", hidden},
    {"attn_q.weight", "self_attn.q_proj.weight", queries, hidden},
    {"attn_q_norm.weight", "self_attn.q_norm.weight", head},
    {"attn_k.weight", "self_attn.k_proj.weight", keys, hidden},
    {"attn_k_norm.weight", "self_attn.k_norm.weight", head},
    {"attn_v.weight", "self_attn.v_proj.weight", keys, hidden},
    {"attn_output.weight", "self_attn.o_proj.weight", hidden, queries},
    {"ffn_norm.weight", "post_attention_layernorm.weight", hidden},
    {"ffn_gate.weight", "mlp.gate_proj.weight", feed_forward, hidden},
    {"ffn_up.weight", "mlp.up_proj.weight", feed_forward, hidden},
    {"ffn_down.weight", "mlp.down_proj.weight", hidden, feed_forward},
};

constexpr TensorName kGemma3[] = {
    {"attn_norm.weight", "input_layernorm.weight", hidden, none, Change::add_one},
    {"attn_q.weight", "self_attn.q_proj.weight", queries, hidden},
    {"attn_q_norm.weight", "self_attn.q_norm.weight", head, none, Change::add_one},
    {"attn_k.weight", "self_attn.k_proj.weight", keys, hidden},
    {"attn_k_norm.weight", "self_attn.k_norm.weight", head, none, Change::add_one},
    {"attn_v.weight", "self_attn.v_proj.weight", keys, hidden},
    {"attn_output.weight", "self_attn.o_proj.weight", hidden, queries},
    {"post_attention_norm.weight", "post_attention_layernorm.weight", hidden, none, Change::add_one},
    {"ffn_norm.weight", "pre_feedforward_layernorm.weight", hidden, none, Change::add_one},
    {"ffn_gate.weight", "mlp.gate_proj.weight", feed_forward, hidden},
    {"ffn_up.weight", "mlp.up_proj.weight", feed_forward, hidden},
    {"ffn_down.weight", "mlp.down_proj.weight", hidden, feed_forward},
    {"post_ffw_norm.weight", "post_feedforward_layernorm.weight", hidden, none, Change::add_one},
};

constexpr std::array kArchitectures = {
    Architecture{"llama", "llama", "LlamaForCausalLM", kOnce, kLlama},
    Architecture{"qwen2", "qwen2", "Qwen2ForCausalLM", kOnce, kQwen2},
    Architecture{"qwen3", "qwen3", "Qwen3ForCausalLM", kOnce, kQwen3},
    Architecture{"gemma3", "gemma3_text", "Gemma3ForCausalLM", kOnceGemma, kGemma3},
};

std::string known_architectures() {
  std::string names;
  for (const auto& one : kArchitectures) names += fmt::format("{}{}", names.empty() ? "" : ", ", one.name);
  return names;
}

}  // namespace

const Architecture& Architecture::of(const Metadata& metadata) {
  const auto name = metadata.get<std::string>("general.architecture");
  const auto* found = std::ranges::find_if(kArchitectures, [&](const auto& one) { return one.name == name; });
  require(found != kArchitectures.end(),
          "{}: the architecture is \"{}\"; nudge reads these from GGUF files: {}.", metadata.where(),
          excerpt(name), known_architectures());
  return *found;
}

const Architecture& Architecture::of(const Json& config, std::string_view where) {
  const auto type = nudge::get<std::string>(config, "model_type", where);
  const auto* found =
      std::ranges::find_if(kArchitectures, [&](const auto& one) { return one.model_type == type; });
  require(found != kArchitectures.end(),
          "{}: models of the type \"{}\" are not written to GGUF files; these are: {}.", where, type,
          known_architectures());
  const auto classes = nudge::get_or<std::vector<std::string>>(config, "architectures", {}, where);
  const std::string named = classes.empty() ? found->class_name : classes.front();
  require(named == found->class_name,
          "{}: this is a {}; only language models ({}) are written to GGUF files.", where, named,
          found->class_name);
  return *found;
}

Sizes Sizes::of(const Json& config, std::string_view where) {
  const auto size = [&](const char* key, std::int64_t limit = 1 << 24) {
    const auto value = nudge::get<std::int64_t>(config, key, where);
    require(value >= 1 && value <= limit, "{}: \"{}\" must lie between 1 and {}, got {}.", where, key, limit,
            value);
    return value;
  };
  Sizes sizes{.hidden = size("hidden_size"),
              .feed_forward = size("intermediate_size"),
              .heads = size("num_attention_heads"),
              .vocabulary = size("vocab_size"),
              .layers = size("num_hidden_layers", 1 << 10)};
  const auto or_else = [&](const char* key, std::int64_t fallback) {
    const auto found = config.find(key);
    return found == config.end() || found->is_null() ? fallback : size(key);
  };
  sizes.key_heads = or_else("num_key_value_heads", sizes.heads);
  sizes.head = or_else("head_dim", sizes.hidden / sizes.heads);
  require(sizes.head % 2 == 0, "{}: the rotary embedding needs an even \"head_dim\", got {}.", where,
          sizes.head);
  return sizes;
}

std::int64_t Sizes::operator[](Extent extent) const {
  switch (extent) {
    case none:
      return 0;
    case Extent::hidden:
      return hidden;
    case Extent::feed_forward:
      return feed_forward;
    case queries:
      return heads * head;
    case keys:
      return key_heads * head;
    case Extent::head:
      return head;
    case Extent::vocabulary:
      return vocabulary;
  }
  return 0;
}

std::vector<std::int64_t> Sizes::shape(const TensorName& tensor) const {
  if (tensor.columns == none) return {(*this)[tensor.rows]};
  return {(*this)[tensor.rows], (*this)[tensor.columns]};
}

std::vector<NamedTensor> tensors_of(const Architecture& architecture, const Json& config,
                                    std::string_view where) {
  const Sizes sizes = Sizes::of(config, where);
  const bool own_head = !nudge::get_or<bool>(config, "tie_word_embeddings", false, where);
  const bool biases = nudge::get_or<bool>(config, "attention_bias", false, where);
  std::vector<NamedTensor> all;
  const auto add = [&](const TensorName& tensor, const std::string& before, const std::string& hf_before) {
    all.push_back(
        {before + tensor.gguf, hf_before + tensor.hugging_face, sizes.shape(tensor), tensor.change});
  };
  for (const auto& tensor : architecture.once)
    if (!tensor.optional || own_head) add(tensor, "", "");
  for (std::int64_t layer = 0; layer < sizes.layers; ++layer)
    for (const auto& tensor : architecture.layer)
      if (!tensor.optional || biases)
        add(tensor, fmt::format("blk.{}.", layer), fmt::format("model.layers.{}.", layer));
  return all;
}

}  // namespace nudge::gguf
