#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "model/family.h"

namespace nudge {

namespace {

constexpr Switch kAlways{"", true}, kNever{"", false};

constexpr Windows kQwenWindows{.size = {"sliding_window", 4096},
                               .used = {"use_sliding_window", false},
                               .first_layer = "max_window_layers"};

/// Norms before and after.
constexpr PartNames kGemmaNorms{.attention_out_norm = "post_attention_layernorm",
                                .mlp_norm = "pre_feedforward_layernorm",
                                .mlp_out_norm = "post_feedforward_layernorm"};
constexpr PartNames kGemma3Names{.q_norm = "self_attn.q_norm",
                                 .k_norm = "self_attn.k_norm",
                                 .attention_out_norm = "post_attention_layernorm",
                                 .mlp_norm = "pre_feedforward_layernorm",
                                 .mlp_out_norm = "post_feedforward_layernorm"};

/// Norms after.
constexpr PartNames kOlmoNames{.attention_norm = "",
                               .q_norm = "self_attn.q_norm",
                               .k_norm = "self_attn.k_norm",
                               .attention_out_norm = "post_attention_layernorm",
                               .mlp_norm = "",
                               .mlp_out_norm = "post_feedforward_layernorm"};

/// One row a family; what a row does not say is Llama's. Docs and messages list them in this order.
constexpr std::array kFamilies = {
    Family{.model_type = "llama", .language = "LlamaForCausalLM", .scalar = "LlamaForSequenceClassification"},
    Family{.model_type = "mistral",
           .language = "MistralForCausalLM",
           .scalar = "MistralForSequenceClassification",
           .qkv_bias = kNever,
           .output_bias = kNever,
           .mlp_bias = kNever,
           .windows = {.size = {"sliding_window", 4096}}},
    Family{.model_type = "qwen2",
           .language = "Qwen2ForCausalLM",
           .scalar = "Qwen2ForSequenceClassification",
           .qkv_bias = kAlways,
           .output_bias = kNever,
           .mlp_bias = kNever,
           .windows = kQwenWindows},
    Family{.model_type = "qwen3",
           .language = "Qwen3ForCausalLM",
           .scalar = "Qwen3ForSequenceClassification",
           .mlp_bias = kNever,
           .windows = kQwenWindows,
           .names = {.q_norm = "self_attn.q_norm", .k_norm = "self_attn.k_norm"}},
    Family{.model_type = "smollm3",
           .language = "SmolLM3ForCausalLM",
           .scalar = "SmolLM3ForSequenceClassification",
           .tied = true,
           .rotary = {.theta = 2e6},
           .unrotated_every = {"no_rope_layer_interval", 4},
           .demanded = {{{"use_sliding_window", false}}}},
    Family{.model_type = "gemma",
           .language = "GemmaForCausalLM",
           .scalar = "GemmaForSequenceClassification",
           .norm_offset = 1,
           .tied = true,
           .mlp_bias = kNever,
           .activation = "gelu_pytorch_tanh",
           .gelu_means_tanh = true,
           .embeddings_by_root = true,
           .demanded = {{{"use_bidirectional_attention", false}}}},
    Family{.model_type = "gemma2",
           .language = "Gemma2ForCausalLM",
           .scalar = "Gemma2ForSequenceClassification",
           .norm_offset = 1,
           .tied = true,
           .mlp_bias = kNever,
           .activation = "gelu_pytorch_tanh",
           .embeddings_by_root = true,
           .query_pre_attn_scalar = {"query_pre_attn_scalar", 256},
           .attention_softcap = {"attn_logit_softcapping", 50},
           .logit_softcap = {"final_logit_softcapping", 30},
           .windows = {.size = {"sliding_window", 4096}, .full_every = {"", 2}},
           .demanded = {{{"use_bidirectional_attention", false}}},
           .keys = {.hidden_act = "hidden_activation"},
           .names = kGemmaNorms},
    Family{.model_type = "gemma3_text",
           .language = "Gemma3ForCausalLM",
           .scalar = "Gemma3TextForSequenceClassification",
           .norm_offset = 1,
           .tied = true,
           .mlp_bias = kNever,
           .activation = "gelu_pytorch_tanh",
           .embeddings_by_root = true,
           .query_pre_attn_scalar = {"query_pre_attn_scalar", 256},
           .attention_softcap = {"attn_logit_softcapping", 0},
           .logit_softcap = {"final_logit_softcapping", 0},
           .windows = {.size = {"sliding_window", 4096}, .full_every = {"sliding_window_pattern", 6}},
           .rotary = {.theta = 1e6, .by_layer_type = true, .sliding_theta_key = "rope_local_base_freq"},
           .demanded = {{{"use_bidirectional_attention", false}}},
           .keys = {.hidden_act = "hidden_activation"},
           .names = kGemma3Names},
    Family{.model_type = "phi3",
           .language = "Phi3ForCausalLM",
           .scalar = "Phi3ForSequenceClassification",
           .qkv_bias = kNever,
           .output_bias = kNever,
           .mlp_bias = kNever,
           .norm_eps = {"rms_norm_eps", 1e-5},
           .windows = {.size = {"sliding_window", 0}},
           .rotary = {.original_length = 4096},
           .names = {.qkv = "self_attn.qkv_proj", .gate_up = "mlp.gate_up_proj"}},
    Family{.model_type = "olmo2",
           .language = "Olmo2ForCausalLM",
           .scalar = "Olmo2ForSequenceClassification",
           .whole_qk_norm = true,
           .mlp_bias = kNever,
           .norm_eps = {"rms_norm_eps", 1e-5},
           .names = kOlmoNames},
    Family{.model_type = "olmo3",
           .language = "Olmo3ForCausalLM",
           .scalar = "Olmo3ForSequenceClassification",
           .whole_qk_norm = true,
           .mlp_bias = kNever,
           .norm_eps = {"rms_norm_eps", 1e-5},
           .windows = {.size = {"sliding_window", 4096}, .full_every = {"", 4}},
           .rotary = {.theta = 5e5, .by_layer_type = true, .sliding_theta = 5e5},
           .names = kOlmoNames},
    Family{.model_type = "granite",
           .language = "GraniteForCausalLM",
           .scalar = "GraniteForSequenceClassification",
           .embedding_scale = {"embedding_multiplier", 1},
           .residual_scale = {"residual_multiplier", 1},
           .logit_divisor = {"logits_scaling", 1},
           .attention_scale = {"attention_multiplier", 1}},
    Family{.model_type = "gpt2",
           .language = "GPT2LMHeadModel",
           .scalar = "GPT2ForSequenceClassification",
           .norm = NormKind::layer,
           .gated = false,
           .tied = true,
           .transposed = true,
           .qkv_bias = kAlways,
           .output_bias = kAlways,
           .mlp_bias = kAlways,
           .activation = "gelu_new",
           .norm_eps = {"layer_norm_epsilon", 1e-5},
           .mlp_ratio = 4,
           .demanded = {{{"scale_attn_weights", true},
                         {"scale_attn_by_inverse_layer_idx", false},
                         {"add_cross_attention", false}}},
           .keys = {.hidden_size = "n_embd",
                    .intermediate_size = "n_inner",
                    .num_hidden_layers = "n_layer",
                    .num_attention_heads = "n_head",
                    .max_position_embeddings = "n_positions",
                    .hidden_act = "activation_function"},
           .names = {.trunk = "transformer.",
                     .layers = "h.",
                     .embeddings = "wte",
                     .positions = "wpe",
                     .attention_norm = "ln_1",
                     .qkv = "attn.c_attn",
                     .output = "attn.c_proj",
                     .mlp_norm = "ln_2",
                     .up = "mlp.c_fc",
                     .down = "mlp.c_proj",
                     .final_norm = "ln_f"}},
    Family{.model_type = "gpt_neox",
           .language = "GPTNeoXForCausalLM",
           .scalar = "GPTNeoXForSequenceClassification",
           .norm = NormKind::layer,
           .gated = false,
           .qkv_order = FusedOrder::heads,
           .qkv_bias = {"attention_bias", true},
           .output_bias = {"attention_bias", true},
           .mlp_bias = kAlways,
           .parallel_residual = {"use_parallel_residual", true},
           .activation = "gelu",
           .norm_eps = {"layer_norm_eps", 1e-5},
           .rotary = {.theta_key = "rotary_emb_base", .partial_key = "rotary_pct", .partial = 0.25},
           .names = {.trunk = "gpt_neox.",
                     .embeddings = "embed_in",
                     .qkv = "attention.query_key_value",
                     .output = "attention.dense",
                     .up = "mlp.dense_h_to_4h",
                     .down = "mlp.dense_4h_to_h",
                     .final_norm = "final_layer_norm",
                     .head = "embed_out"}},
    Family{.model_type = "starcoder2",
           .language = "Starcoder2ForCausalLM",
           .scalar = "Starcoder2ForSequenceClassification",
           .norm = NormKind::layer,
           .gated = false,
           .tied = true,
           .qkv_bias = {"use_bias", true},
           .output_bias = {"use_bias", true},
           .mlp_bias = {"use_bias", true},
           .activation = "gelu_pytorch_tanh",
           .norm_eps = {"norm_epsilon", 1e-5},
           .windows = {.size = {"sliding_window", 0}},
           .names = {.up = "mlp.c_fc", .down = "mlp.c_proj"}},
};

/// Parts of names of what is no dense decoder, and what it is.
constexpr std::pair<std::string_view, std::string_view> kOthers[] = {
    {"hybrid", "a hybrid of attention and other layers"},
    {"jamba", "a hybrid of attention and other layers"},
    {"bamba", "a hybrid of attention and other layers"},
    {"zamba", "a hybrid of attention and other layers"},
    {"falcon_h", "a hybrid of attention and other layers"},
    {"nemotron_h", "a hybrid of attention and other layers"},
    {"lfm2", "a hybrid of attention and other layers"},
    {"qwen3_next", "a hybrid of attention and other layers"},
    {"qwen3_5", "a hybrid of attention and other layers"},
    {"mamba", "a state space model"},
    {"rwkv", "a recurrent model"},
    {"moe", "a mixture of experts"},
    {"mixtral", "a mixture of experts"},
    {"gpt_oss", "a mixture of experts"},
    {"dbrx", "a mixture of experts"},
    {"deepseek", "a mixture of experts"},
    {"llama4", "a mixture of experts"},
    {"t5", "an encoder and decoder"},
    {"bart", "an encoder and decoder"},
    {"bert", "an encoder"},
};

}  // namespace

std::span<const Family> families() {
  return kFamilies;
}

const Family& llama_family() {
  return kFamilies.front();
}

const Family& family_of(const std::string& model_type, std::string_view where) {
  const auto found = std::ranges::find(kFamilies, model_type, &Family::model_type);
  if (found != kFamilies.end()) return *found;
  std::string known, what;
  for (const Family& family : kFamilies)
    known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", family.model_type);
  for (const auto& [part, kind] : kOthers)
    if (what.empty() && model_type.find(part) != std::string::npos) what = fmt::format(", {}", kind);
  fail("{}: the model type is \"{}\"{}; nudge reads {}.", where, model_type, what, known);
}

}  // namespace nudge
