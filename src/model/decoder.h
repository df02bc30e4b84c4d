#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "model/config.h"
#include "model/parameters.h"
#include "tensor/ops.h"
#include "tensor/packed_batch.h"

namespace nudge {

/// A Llama-style decoder: embedding, layers, final norm, and a head (language or scalar). The training and
/// scoring forward; the decode engine in generation/ computes the same numbers from the same weights, one
/// copy.
///
/// Parameter names are Hugging Face's, but for q, k, v and gate, up, which are stored fused so that each is
/// one GEMM: `model.layers.N.self_attn.qkv_proj.weight` [(H+2K)E, D] and
/// `model.layers.N.mlp.gate_up_proj.weight` [2F, D]. The checkpoint reader and writer split and join them.
/// Not thread-safe while training.
class Decoder {
 public:
  /// How far beyond its context a sequence may reach: room for what a template writes behind an answer that
  /// fills the context, so that a reward model can read it to the end.
  static constexpr std::int64_t kClosingRoom = 32;

  /// Fresh weights: normal(0, initializer_range), norms 1, a scalar head 0. Residual projections are scaled
  /// by 1/sqrt(2L).
  Decoder(const ModelConfig& config, std::uint64_t seed);
  /// All weights zero, to be filled.
  explicit Decoder(const ModelConfig& config);
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Final hidden states after the last norm [T, D]. Error when a token lies outside the vocabulary or a
  /// sequence exceeds the context (and kClosingRoom). A sequence's result depends on that sequence only, bit
  /// for bit, whatever else is in the batch, and whether or not its prompt is shared.
  at::Tensor hidden(const PackedBatch& batch) const;

  /// [V, D] of a language model (the embedding when tied), [heads, D] of a scalar one.
  const at::Tensor& head_weight() const;

  /// Scalar models of one head: the raw score at every token [T] (value models) ...
  at::Tensor token_scores(const PackedBatch& batch) const;
  /// ... and at each sequence's last token [B] (reward models).
  at::Tensor sequence_scores(const PackedBatch& batch) const;
  /// Raw scores at each sequence's last token under every head [B, heads].
  at::Tensor head_scores(const PackedBatch& batch) const;

  const ModelConfig& config() const { return config_; }
  ModelConfig& config() { return config_; }
  Parameters& parameters() { return parameters_; }
  const Parameters& parameters() const { return parameters_; }

  /// An independent copy of the weights (the reference, a value model from a reward model).
  std::unique_ptr<Decoder> clone() const;
  /// A copy of the trunk with a zero scalar head (the start of a reward model).
  std::unique_ptr<Decoder> clone_with_scalar_head() const;
  /// With a head for each name, drawn from normal(0, 1 / sqrt(D + 1)) (Stiennon et al. 2020) so that they
  /// differ from the start.
  std::unique_ptr<Decoder> clone_with_scalar_heads(const std::vector<std::string>& names,
                                                   std::uint64_t seed) const;

 private:
  /// The layer's weights: the same tensors as in parameters_, looked up once.
  struct Layer {
    at::Tensor input_norm, qkv, output, post_norm, gate_up, down;
  };

  void check(const PackedBatch& batch) const;
  void require_heads(bool one) const;
  std::unique_ptr<Decoder> trunk_with_heads(std::vector<RewardHead> heads) const;

  ModelConfig config_;
  Parameters parameters_;
  RotaryTable rotary_;
  std::vector<Layer> layers_;
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
