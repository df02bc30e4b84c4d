#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/family.h"
#include "model/rotary_config.h"
#include "tensor/ops.h"

namespace nudge {

/// What stands on top of the trunk: token logits, or one number (reward and value models).
enum class Head { language, scalar };

/// One row of a scalar head: what it scores, and what makes its scores comparable. Reward models: a score is
/// (raw - mean) / std, so that the SFT model's answers have mean 0 and standard deviation 1.
struct RewardHead {
  std::string name = "LABEL_0";
  double mean = 0, std = 1;
};

/// Which rotary embedding a layer has.
enum class LayerRotary { full, sliding, none };

/// A decoder's shape: its family, and what config.json says beyond it.
struct ModelConfig {
  static constexpr std::int64_t kClosingRoom = 32;

  const Family* family = &llama_family();
  std::int64_t vocab_size = 2048;
  std::int64_t hidden_size = 128;
  std::int64_t intermediate_size = 352;
  std::int64_t num_hidden_layers = 4;
  std::int64_t num_attention_heads = 4;
  std::int64_t num_key_value_heads = 4;
  std::int64_t head_dim = 32;
  std::int64_t max_position_embeddings = 512;
  double norm_eps = 1e-5;
  ModelRotary rotary;
  std::vector<std::int64_t> windows;      // of each layer: tokens that it sees, 0: all; empty: all layers do
  std::vector<LayerRotary> layer_rotary;  // of each layer; empty: ModelRotary::full
  bool qkv_bias = false, output_bias = false, mlp_bias = false;
  bool parallel_residual = false;   // both halves of a layer read the stream as it comes in
  std::string hidden_act = "silu";  // as config.json calls it
  Activation activation = Activation::silu;
  double embedding_scale = 1, residual_scale = 1;
  double attention_scale = 0;    // of scores; 0: 1 / sqrt(head_dim)
  double attention_softcap = 0;  // 0: none
  LogitCurve logits;             // of a language model
  bool tie_word_embeddings = true;
  double initializer_range = 0.02;
  std::optional<std::int64_t> bos_token_id, pad_token_id;
  std::vector<std::int64_t> eos_token_ids;  // each ends an answer
  Head head = Head::language;

  /// Of a scalar model: usually one; an ensemble or a model of several attributes has more. In config.json
  /// their names are "id2label", and "mean" and "std" (OpenRLHF's keys) one number, or a list for several.
  std::vector<RewardHead> reward_heads{1};

  /// A scalar model that labels every token (`*ForTokenClassification`), and whether its head has a bias
  /// (token_classification_bias). nudge reads such models, and trains none.
  bool labels_tokens = false, score_bias = false;

  /// Keys of the config.json that was read and that we do not interpret; written back unchanged.
  Json other = Json::object();

  /// The generation_config.json that was read, written back as it is but for end_with; null: one is made of
  /// the token ids above.
  Json generation;

  /// Of matrix products. Not in config.json: who reads the model says it.
  Precision precision = Precision::float32;

  /// What adapters call the model as their base: the directory that its weights were read from, or the name
  /// on a hub that its adapters were read with. Empty: none. Not in config.json.
  std::string source;
  /// Of that name on its hub: a branch, a tag or a commit, where its adapters name one.
  std::string source_revision;

  /// Puts `id` in front of the ends that both files list, unless they hold it (as transformers' Trainer does
  /// with a tokenizer's new end token).
  void end_with(std::int64_t id);

  /// Number of weights in matrices that every token passes, the head included (embedding look-up not).
  std::int64_t matmul_weights() const;

  /// The longest sequence: max_position_embeddings, or what a rotary embedding can read without turning all
  /// of a sequence otherwise when it grows (longrope).
  std::int64_t context() const;
  /// How long a sequence may be that is only read: room for what a template writes behind an answer that
  /// fills the context, so that a reward model can read it to the end; none behind learned positions.
  std::int64_t longest() const;
  std::int64_t window(std::int64_t layer) const { return windows.empty() ? 0 : windows[layer]; }
  LayerRotary rotary_of(std::int64_t layer) const {
    return layer_rotary.empty() ? LayerRotary::full : layer_rotary[layer];
  }

  std::int64_t heads() const { return std::ssize(reward_heads); }
};

/// "negative, neutral, positive": the names of a scalar model's heads.
std::string label_names(const ModelConfig& config);

/// Whether this is the config.json of a multimodal model, with that of its text model inside.
bool has_text_config(const Json& json);

/// Throws Error naming the key when a value is missing, out of range or of an unsupported kind (family,
/// rotary embedding). Of a multimodal model the text model is read.
ModelConfig parse_config(const Json& json, std::string_view where);
Json config_json(const ModelConfig& config);

}  // namespace nudge
