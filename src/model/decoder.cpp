#include "model/decoder.h"

#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "tensor/aten.h"

namespace nudge {

namespace {

std::string layer_name(std::int64_t layer, std::string_view rest) {
  return fmt::format("model.layers.{}.{}.weight", layer, rest);
}

std::vector<Parameters::Spec> specs(const ModelConfig& c) {
  const std::int64_t d = c.hidden_size, f = c.intermediate_size, h = c.num_attention_heads,
                     k = c.num_key_value_heads, e = c.head_dim;
  std::vector<Parameters::Spec> all{{"model.embed_tokens.weight", {c.vocab_size, d}}};
  for (std::int64_t layer = 0; layer < c.num_hidden_layers; ++layer) {
    all.push_back({layer_name(layer, "input_layernorm"), {d}});
    all.push_back({layer_name(layer, "self_attn.qkv_proj"), {(h + 2 * k) * e, d}});
    all.push_back({layer_name(layer, "self_attn.o_proj"), {d, h * e}});
    all.push_back({layer_name(layer, "post_attention_layernorm"), {d}});
    all.push_back({layer_name(layer, "mlp.gate_up_proj"), {2 * f, d}});
    all.push_back({layer_name(layer, "mlp.down_proj"), {d, f}});
  }
  all.push_back({"model.norm.weight", {d}});
  if (c.head == Head::scalar) {
    all.push_back({"score.weight", {c.heads(), d}});
  } else if (!c.tie_word_embeddings) {
    all.push_back({"lm_head.weight", {c.vocab_size, d}});
  }
  return all;
}

void fill_normal(const at::Tensor& weight, double deviation, std::uint64_t seed, const std::string& name) {
  Stream stream(seed, "initialise " + name);
  auto* w = weight.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < weight.numel(); ++i) w[i] = static_cast<float>(deviation * stream.normal());
}

bool ends_with_any(const std::string& name, std::initializer_list<std::string_view> endings) {
  for (const auto ending : endings) {
    if (name.ends_with(ending)) return true;
  }
  return false;
}

}  // namespace

Decoder::Decoder(const ModelConfig& config)
    : config_(config),
      parameters_(specs(config)),
      rotary_(
          rotary_table(config.max_position_embeddings + kClosingRoom, config.head_dim, config.rope_theta)) {
  for (std::int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    const auto weight = [&](std::string_view rest) { return parameters_[layer_name(layer, rest)]; };
    layers_.push_back({weight("input_layernorm"), weight("self_attn.qkv_proj"), weight("self_attn.o_proj"),
                       weight("post_attention_layernorm"), weight("mlp.gate_up_proj"),
                       weight("mlp.down_proj")});
  }
}

Decoder::Decoder(const ModelConfig& config, std::uint64_t seed) : Decoder(config) {
  const double residual = 1 / std::sqrt(2.0 * static_cast<double>(config.num_hidden_layers));
  for (const auto& [name, weight] : parameters_.named()) {
    if (ends_with_any(name, {"norm.weight"})) {
      weight.fill_(1);
    } else if (name != "score.weight") {
      const bool into_residual = ends_with_any(name, {"o_proj.weight", "down_proj.weight"});
      fill_normal(weight, config.initializer_range * (into_residual ? residual : 1), seed, name);
    }
  }
}

void Decoder::check(const PackedBatch& batch) const {
  const auto* token = batch.tokens_T.const_data_ptr<std::int32_t>();
  const auto* position = batch.positions_T.const_data_ptr<std::int32_t>();
  for (std::int64_t t = 0; t < batch.tokens(); ++t) {
    require(token[t] >= 0 && token[t] < config_.vocab_size,
            "The model's vocabulary has {} tokens, but the batch holds the token {}; the tokenizer and the "
            "model do not belong together.",
            config_.vocab_size, token[t]);
    require(position[t] >= 0 && position[t] < config_.max_position_embeddings + kClosingRoom,
            "A sequence is longer than the model's context of {} tokens; shorten it.",
            config_.max_position_embeddings);
  }
}

at::Tensor Decoder::hidden(const PackedBatch& batch) const {
  check(batch);
  const auto& c = config_;
  auto x = nudge::embedding(batch.tokens_T, parameters_["model.embed_tokens.weight"]);
  for (const auto& layer : layers_) {
    const auto qkv = nudge::linear(rms_norm(x, layer.input_norm, c.rms_norm_eps), layer.qkv);
    const auto attended =
        attention(qkv, batch, rotary_, c.num_attention_heads, c.num_key_value_heads, c.head_dim);
    x = x + nudge::linear(attended, layer.output);
    const auto gate_up = nudge::linear(rms_norm(x, layer.post_norm, c.rms_norm_eps), layer.gate_up);
    x = x + nudge::linear(swiglu(gate_up), layer.down);
  }
  return rms_norm(x, parameters_["model.norm.weight"], c.rms_norm_eps);
}

const at::Tensor& Decoder::head_weight() const {
  if (config_.head == Head::scalar) return parameters_["score.weight"];
  return parameters_[config_.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight"];
}

void Decoder::require_heads(bool one) const {
  require(config_.head == Head::scalar,
          "Scoring needs a model with a scalar head; this is a language model.");
  require(!one || config_.heads() == 1,
          "Scoring by one number needs a model with one head, and this one has num_labels {} ({}).",
          config_.heads(), label_names(config_));
}

at::Tensor Decoder::token_scores(const PackedBatch& batch) const {
  require_heads(true);
  return nudge::linear(hidden(batch), head_weight()).squeeze(1);
}

at::Tensor Decoder::sequence_scores(const PackedBatch& batch) const {
  require_heads(true);
  return head_scores(batch).squeeze(1);
}

at::Tensor Decoder::head_scores(const PackedBatch& batch) const {
  require_heads(false);
  return nudge::linear(select_rows(hidden(batch), batch.last_tokens_B()), head_weight());
}

std::unique_ptr<Decoder> Decoder::clone() const {
  auto copy = std::make_unique<Decoder>(config_);
  copy->parameters_.flat().copy_(parameters_.flat());
  return copy;
}

std::unique_ptr<Decoder> Decoder::clone_with_scalar_head() const {
  return trunk_with_heads({RewardHead{}});
}

std::unique_ptr<Decoder> Decoder::clone_with_scalar_heads(const std::vector<std::string>& names,
                                                          std::uint64_t seed) const {
  std::vector<RewardHead> heads;
  for (const std::string& name : names) heads.push_back({.name = name});
  auto copy = trunk_with_heads(std::move(heads));
  const at::NoGradGuard no_grad;
  fill_normal(copy->parameters_["score.weight"].detach(),
              1 / std::sqrt(static_cast<double>(config_.hidden_size + 1)), seed, "score.weight");
  return copy;
}

std::unique_ptr<Decoder> Decoder::trunk_with_heads(std::vector<RewardHead> heads) const {
  auto config = config_;
  config.head = Head::scalar;
  config.reward_heads = std::move(heads);
  auto copy = std::make_unique<Decoder>(config);
  const at::NoGradGuard no_grad;
  for (const auto& [name, weight] : copy->parameters_.named()) {
    if (name != "score.weight") weight.detach().copy_(parameters_[name]);
  }
  return copy;
}

TokenLogprobs next_token_logprobs(const Decoder& model, const PackedBatch& batch,
                                  const at::Tensor& positions_N, const at::Tensor& targets_N,
                                  double temperature, bool entropies) {
  return logprobs_from_states(model, predicting_states(model, batch, positions_N), targets_N, temperature,
                              entropies);
}

at::Tensor predicting_states(const Decoder& model, const PackedBatch& batch, const at::Tensor& positions_N) {
  require(model.config().head == Head::language,
          "Token log-probabilities need a language model; this one has a scalar head.");
  return select_rows(model.hidden(batch), positions_N.to(at::kLong));
}

TokenLogprobs logprobs_from_states(const Decoder& model, const at::Tensor& states_ND,
                                   const at::Tensor& targets_N, double temperature, bool entropies) {
  return token_logprobs(states_ND, model.head_weight(), targets_N, temperature, entropies);
}

}  // namespace nudge
