#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "generation/kv_cache.h"
#include "generation/packed_linear.h"
#include "kernels/aligned.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

namespace nudge {

/// The decoder's forward for generation: the same arithmetic as Decoder::hidden and its head, on raw rows,
/// from weights packed once, against a KV cache, without an ATen operation. Each row's result depends on its
/// own sequence only, bit for bit.
class PackedDecoder {
 public:
  /// Keeps a reference to the model, which must have a language head, and packs its weights.
  explicit PackedDecoder(const Decoder& model);

  /// Packs the weights again.
  void refresh();

  /// Runs whole prompts in one pass, prompt b into slot slots[b] of the cache from position 0, and writes the
  /// logits behind each prompt's last token, [prompts, V].
  void prefill(std::span<const std::vector<TokenId>* const> prompts, std::span<const std::int32_t> slots,
               KvCache& cache, float* logits);

  /// Runs one token of each slot at its position (which is stored in the cache), and writes logits [rows, V].
  void decode(std::span<const TokenId> tokens, std::span<const std::int32_t> positions,
              std::span<const std::int32_t> slots, KvCache& cache, float* logits);

  const ModelConfig& config() const { return model_.config(); }

 private:
  /// Decoder::Layer, packed.
  struct Layer {
    PackedNorm attention_norm;
    PackedLinear qkv;
    PackedNorm q_norm, k_norm;
    PackedLinear output;
    PackedNorm attention_out_norm, mlp_norm;
    PackedLinear gate_up, down;
    PackedNorm mlp_out_norm;

    explicit Layer(const Decoder::Layer& layer);
    void refresh();
  };

  void reserve(std::int64_t rows);
  void embed(std::span<const TokenId> tokens, std::int64_t first);
  void add_positions(std::int64_t first, std::int64_t last);
  void norm_heads(const Layer& layer, float* qkv, std::int64_t rows) const;
  void activate(const float* wide, std::int64_t rows, float* active) const;
  void rotate(std::size_t layer, std::int64_t first, std::int64_t rows);
  /// Adds what a half of a layer computes to the stream x [rows, D].
  void add_branch(const PackedLinear& linear, const PackedNorm& norm, const float* in, std::int64_t rows,
                  float* branch, float* x) const;
  /// Rows first..last-1 through all layers; `attend(layer)` fills their rows of attended_ from qkv_.
  template <class Attend>
  void layers(std::int64_t first, std::int64_t last, const Attend& attend);
  /// Final norm and head of rows first..last-1.
  void head(std::int64_t first, std::int64_t last, float* logits);

  const Decoder& model_;
  std::int64_t d_, heads_, kv_heads_, e_, f_, wide_, ld_qkv_;
  std::vector<Layer> layers_;
  PackedNorm final_norm_;
  PackedLinear head_;

  // Rows in flight. x is the residual stream [rows, D].
  kernels::AlignedFloats x_, normed_, branch_, qkv_, attended_, gate_up_, activated_;
  std::vector<std::int32_t> positions_;
};

}  // namespace nudge
