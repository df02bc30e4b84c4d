#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "model/rotary_config.h"

namespace nudge {

/// A yes or no of config.json: its key, and what holds where a file does not say. Without a key it always
/// holds.
struct Switch {
  std::string_view key;
  bool otherwise = false;
};

/// A number of config.json, likewise. null in a file means 0: none.
struct Number {
  std::string_view key;
  double otherwise = 0;
};

/// What config.json calls the sizes.
struct ConfigKeys {
  std::string_view hidden_size = "hidden_size";
  std::string_view intermediate_size = "intermediate_size";
  std::string_view num_hidden_layers = "num_hidden_layers";
  std::string_view num_attention_heads = "num_attention_heads";
  std::string_view max_position_embeddings = "max_position_embeddings";
  std::string_view hidden_act = "hidden_act";
};

/// Which layers see a window of sliding_window tokens only ("sliding_attention"), the others everything. A
/// list "layer_types" in config.json goes before.
struct Windows {
  Number size;                   // no key: no layer has one
  Switch used{"", true};         // Qwen's use_sliding_window
  Number full_every;             // every n-th layer sees everything
  std::string_view first_layer;  // or: those from this number on have it
};

/// What the parts of a decoder are called. Their tensors are the names with ".weight" and ".bias" behind. A
/// part whose name is empty does not exist: where the norms of a family stand is told by which have names.
struct PartNames {
  std::string_view trunk = "model.";    // before the names of all parts but the head and the score
  std::string_view layers = "layers.";  // then the layer's number
  std::string_view embeddings = "embed_tokens";
  std::string_view positions;                           // learned ones, added to the embeddings
  std::string_view attention_norm = "input_layernorm";  // before attention
  std::string_view q = "self_attn.q_proj", k = "self_attn.k_proj", v = "self_attn.v_proj";
  std::string_view qkv;             // the three in one tensor, instead of them
  std::string_view q_norm, k_norm;  // of queries and keys, before they are rotated
  std::string_view output = "self_attn.o_proj";
  std::string_view attention_out_norm;                     // of what attention adds to the stream
  std::string_view mlp_norm = "post_attention_layernorm";  // before the feed-forward layer
  std::string_view gate = "mlp.gate_proj", up = "mlp.up_proj";
  std::string_view gate_up;  // the two in one tensor, instead of them
  std::string_view down = "mlp.down_proj";
  std::string_view mlp_out_norm;  // of what the feed-forward layer adds to the stream
  std::string_view final_norm = "norm";
  std::string_view head = "lm_head", score = "score";
  std::string_view token_score = "score";  // of a model that labels tokens
};

enum class NormKind { rms, layer };

/// How one tensor holds queries, keys and values: the rows of all queries first, then keys, then values; or
/// head by head, each head's query, key and value together.
enum class FusedOrder { parts, heads };

/// A family of decoders, told as data: what all its models have in common and how their config.json and their
/// tensors are called. The training forward, the decode engine, initialisation, and the reader and the writer
/// of checkpoints all read it; none of them knows a family by name. The row's defaults are Llama's.
/// parse_config joins it with a model's config.json into a ModelConfig. Sources: configuration_*.py and
/// modeling_*.py of transformers 5.23.
struct Family {
  std::string_view model_type;  // of config.json
  std::string_view language;    // the architecture's names: ...ForCausalLM,
  std::string_view scalar;      // ...ForSequenceClassification,
  std::string_view tokens;      // ...ForTokenClassification; empty: transformers has none

  NormKind norm = NormKind::rms;
  double norm_offset = 0;      // added to the weights of norms
  bool whole_qk_norm = false;  // q_norm and k_norm run over all heads together, not over each
  bool gated = true;           // down(act(gate x) * up x), not down(act(up x))
  bool tied = false;           // the head is the embeddings where config.json does not say
  bool transposed = false;     // matrices but embeddings and head are stored [in, out] (GPT-2's Conv1D)
  FusedOrder qkv_order = FusedOrder::parts;

  Switch qkv_bias{"attention_bias"}, output_bias{"attention_bias"}, mlp_bias{"mlp_bias"};
  Switch parallel_residual{};  // both halves of a layer read the stream as it comes in
  std::string_view activation = "silu";
  bool gelu_means_tanh = false;  // Gemma's first files say "gelu"
  Number norm_eps{"rms_norm_eps", 1e-6};
  double mlp_ratio = 0;  // of intermediate_size to hidden_size where config.json does not say; 0: it must

  // Factors, 1 unless said.
  bool embeddings_by_root = false;  // embeddings times sqrt(hidden_size)
  Number embedding_scale{"", 1};
  Number residual_scale{"", 1};                 // on what attention and feed-forward layer add to the stream
  Number logit_divisor{"", 1};                  // logits of a language model
  Number attention_scale{};                     // scores; 0: 1 / sqrt(head_dim)
  Number query_pre_attn_scalar{};               // scores by 1 / sqrt(this), if there is one
  Number attention_softcap{}, logit_softcap{};  // 0: none

  Windows windows;
  RotaryFormat rotary;
  Number unrotated_every;  // every n-th layer has no rotary embedding; a list "no_rope_layers" goes before
  /// What must be as said here, or the model computes what nudge does not.
  std::array<Switch, 4> demanded{};

  /// Sizes where the text_config of a multimodal model leaves them out.
  std::array<std::pair<std::string_view, std::int64_t>, 8> sizes{};

  ConfigKeys keys;
  PartNames names;
};

/// All of them.
std::span<const Family> families();

/// Llama, which fresh models are.
const Family& llama_family();

/// Throws Error naming what was found and what is read.
const Family& family_of(const std::string& model_type, std::string_view where);

}  // namespace nudge
