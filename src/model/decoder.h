#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/adapters.h"
#include "model/config.h"
#include "model/norm.h"
#include "model/parameters.h"
#include "model/weights.h"
#include "tensor/linear.h"
#include "tensor/ops.h"
#include "tensor/packed_batch.h"

namespace nudge {

/// A decoder of any family: embedding, layers, final norm, and a head (language or scalar). The training and
/// scoring forward; the decode engine in generation/ computes the same numbers from the same weights, one
/// copy.
///
/// Its weights are its own parameters, which a learner updates, and a frozen base, which models share: a
/// fresh or a loaded decoder owns all of them; `freeze` makes a base of them. Their names are Hugging Face
/// Llama's whatever the family, but for q, k, v and gate, up, which are stored fused so that each is one
/// GEMM: `model.layers.N.self_attn.qkv_proj.weight` [(H+2K)E, D] and `model.layers.N.mlp.gate_up_proj.weight`
/// [2F, D]. The checkpoint reader and writer split and join them (model/weight_names.h). Not thread-safe
/// while training.
class Decoder {
 public:
  static constexpr std::int64_t kClosingRoom = ModelConfig::kClosingRoom;

  /// Fresh weights: normal(0, initializer_range), norms 1, biases and a scalar head 0. Residual projections
  /// are scaled by 1/sqrt(2L).
  Decoder(const ModelConfig& config, std::uint64_t seed);
  /// All weights zero, to be filled.
  explicit Decoder(const ModelConfig& config);
  /// On a base that others may share. Of its own are what `training` names (adapters that are zero, to be
  /// filled, and copies of weights that are trained whole), and zeros for what the base has not (a score).
  Decoder(const ModelConfig& config, std::shared_ptr<const Weights> base, const PartialTraining& training);
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Final hidden states after the last norm [T, D]. Error when a token lies outside the vocabulary or a
  /// sequence exceeds ModelConfig::longest. A sequence's result depends on that sequence only, bit
  /// for bit, whatever else is in the batch, and whether or not its prompt is shared.
  at::Tensor hidden(const PackedBatch& batch) const;

  /// [V, D] of a language model (the embedding when tied), [heads, D] of a scalar one.
  const Weight& head_weight() const { return head_.weight_NK; }

  /// Scalar models of one head: the raw score at every token [T] (value models) ...
  at::Tensor token_scores(const PackedBatch& batch) const;
  /// ... and at each sequence's last token [B] (reward models).
  at::Tensor sequence_scores(const PackedBatch& batch) const;
  /// Raw scores at each sequence's last token under every head [B, heads].
  at::Tensor head_scores(const PackedBatch& batch) const;

  const ModelConfig& config() const { return config_; }
  ModelConfig& config() { return config_; }

  /// What a learner updates.
  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }
  /// A weight by name, owned or of the base.
  Weight weight(const std::string& name) const;
  bool has_weight(const std::string& name) const;
  /// The shared base; null while the model owns all its weights.
  const std::shared_ptr<const Weights>& base() const { return base_; }
  std::span<const Adapter> adapters() const { return adapters_; }

  /// The precision of its products from now on, of a model that owns all its weights.
  void compute_in(Precision precision);

  /// Makes a base of all weights, and of its own what `training` names: fresh adapters (A uniform as PEFT's,
  /// B 0, so that the model computes what it did) and copies of weights that are trained whole. The memory of
  /// the weights becomes the base's. Once only, and before a learner takes the model. Error naming a target
  /// that is no linear layer of the model.
  void freeze(const PartialTraining& training, std::uint64_t seed);

  /// A model like this one on the same base, with a copy of what is its own: of all weights where there is no
  /// base (a value model from a reward model).
  std::unique_ptr<Decoder> clone() const;
  /// The base as it was before training: adapters off, weights that are trained whole back. Copies only what
  /// the base does not hold (a score head).
  std::unique_ptr<Decoder> base_model() const;
  /// What the model computes now, for a policy to be held against: the base model where its adapters are
  /// fresh and add nothing yet, else a clone.
  std::unique_ptr<Decoder> reference() const;
  /// A model that owns all its weights, the adapters added into them.
  std::unique_ptr<Decoder> merged() const;
  /// A clone of the trunk with a zero scalar head (the start of a reward model).
  std::unique_ptr<Decoder> clone_with_scalar_head() const;
  /// With a head for each name, drawn from normal(0, 1 / sqrt(D + 1)) (Stiennon et al. 2020) so that they
  /// differ from the start.
  std::unique_ptr<Decoder> clone_with_scalar_heads(const std::vector<std::string>& names,
                                                   std::uint64_t seed) const;

  /// The parts, for a forward of one's own: views of the weights.
  struct Layer {
    Norm attention_norm;
    Linear qkv;
    Norm q_norm, k_norm;
    Linear output;
    Norm attention_out_norm, mlp_norm;
    Linear gate_up, down;
    Norm mlp_out_norm;
    RotaryTable rotary;  // without columns: none
    AttentionOptions attention;
  };
  std::span<const Layer> layers() const { return layers_; }
  const Weight& embeddings() const { return embeddings_; }
  const Weight& positions() const { return positions_; }  // learned ones; undefined: none
  const Norm& final_norm() const { return final_norm_; }
  const Linear& head() const { return head_; }

 private:
  Decoder(const ModelConfig& config, std::shared_ptr<const Weights> base, std::vector<Adapter> adapters,
          std::vector<std::string> whole);

  void assemble();
  Linear linear_of(const std::string& part) const;
  Precision precision_of(const std::string& name) const;
  Norm norm_of(const std::string& part) const;
  RotaryTable rotary_of(std::int64_t layer) const;
  Layer layer_of(std::int64_t layer) const;
  at::Tensor embedded(const PackedBatch& batch) const;
  at::Tensor attended(const Layer& layer, const at::Tensor& x, const PackedBatch& batch) const;
  at::Tensor transformed(const Layer& layer, const at::Tensor& x) const;
  void check(const PackedBatch& batch) const;
  void require_heads(bool one) const;
  void copy_own(const Decoder& from, const std::string& except = {});
  std::unique_ptr<Decoder> trunk_with_heads(std::vector<RewardHead> heads) const;

  ModelConfig config_;
  std::shared_ptr<const Weights> base_;
  std::vector<Adapter> adapters_;
  std::vector<std::string> whole_;  // names that the base holds too, but that are trained
  Parameters parameters_;
  RotaryTable full_rotary_, sliding_rotary_;
  Weight embeddings_, positions_;
  std::vector<Layer> layers_;
  Norm final_norm_;
  Linear head_;
};

/// Log-probability of the tokens `targets_N` (int32), each given its sequence up to the position in
/// `positions_N` (int64, rows of the packed batch). The last token of a shared prompt predicts the first
/// token of every completion. Selects the hidden states first, so no logits are computed elsewhere.
TokenLogprobs next_token_logprobs(const Decoder& model, const PackedBatch& batch,
                                  const at::Tensor& positions_N, const at::Tensor& targets_N,
                                  double temperature, bool entropies);

/// next_token_logprobs in two parts, for callers that need the hidden states too: the states at the positions
/// [N, D] ...
at::Tensor predicting_states(const Decoder& model, const PackedBatch& batch, const at::Tensor& positions_N);
/// ... and the log-probs from them.
TokenLogprobs logprobs_from_states(const Decoder& model, const at::Tensor& states_ND,
                                   const at::Tensor& targets_N, double temperature, bool entropies);

}  // namespace nudge
