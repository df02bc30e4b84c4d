#include "generation/packed_decoder.h"

#include <omp.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>

#include "base/error.h"
#include "kernels/activation.h"
#include "kernels/attention.h"
#include "kernels/parallel.h"
#include "kernels/rotary.h"

namespace nudge {
namespace {

/// Fewest rows with which a thread keeps up the pace of the GEMM alone.
constexpr std::int64_t kRowsPerThread = 8;

}  // namespace

PackedDecoder::PackedDecoder(const Decoder& model)
    : model_(model),
      d_(config().hidden_size),
      heads_(config().num_attention_heads),
      kv_heads_(config().num_key_value_heads),
      e_(config().head_dim),
      f_(config().intermediate_size),
      ld_qkv_((heads_ + 2 * kv_heads_) * e_),
      rotary_(rotary_table({.theta = config().rope_theta}, config().max_position_embeddings, e_)),
      layers_(model.layers().begin(), model.layers().end()),
      final_norm_(model.final_norm()),
      head_(model.head()) {
  require(config().head == Head::language,
          "generate: expected a language model, got one with a scalar head (a reward or value model).");
}

PackedDecoder::Layer::Layer(const Decoder::Layer& layer)
    : attention_norm(layer.attention_norm),
      qkv(layer.qkv),
      output(layer.output),
      attention_out_norm(layer.attention_out_norm),
      mlp_norm(layer.mlp_norm),
      gate_up(layer.gate_up),
      down(layer.down),
      mlp_out_norm(layer.mlp_out_norm) {}

void PackedDecoder::Layer::refresh() {
  for (PackedNorm* norm : {&attention_norm, &attention_out_norm, &mlp_norm, &mlp_out_norm}) norm->refresh();
  for (PackedLinear* linear : {&qkv, &output, &gate_up, &down}) linear->refresh();
}

void PackedDecoder::refresh() {
  for (Layer& layer : layers_) layer.refresh();
  final_norm_.refresh();
  head_.refresh();
}

void PackedDecoder::reserve(std::int64_t rows) {
  const auto grow = [rows](kernels::AlignedFloats& buffer, std::int64_t width) {
    const std::size_t size = rows * width;
    if (buffer.size() < size) buffer.resize(size);
  };
  grow(x_, d_);
  grow(normed_, d_);
  grow(qkv_, ld_qkv_);
  grow(attended_, heads_ * e_);
  grow(gate_up_, 2 * f_);
  grow(activated_, f_);
  positions_.resize(rows);
}

void PackedDecoder::embed(std::span<const TokenId> tokens, std::int64_t first) {
  const float* embeddings = model_.embeddings().const_data_ptr<float>();
  float* x = x_.data() + first * d_;
  for (const TokenId token : tokens) {
    std::memcpy(x, embeddings + token * d_, d_ * sizeof(float));
    x += d_;
  }
}

template <class Attend>
void PackedDecoder::layers(std::int64_t first, std::int64_t last, const Attend& attend) {
  const std::int64_t rows = last - first;
  const float* cosines = rotary_.cosines.const_data_ptr<float>();
  const float* sines = rotary_.sines.const_data_ptr<float>();
  const std::int32_t* positions = positions_.data() + first;
  float* x = x_.data() + first * d_;
  float* normed = normed_.data() + first * d_;
  float* qkv = qkv_.data() + first * ld_qkv_;
  const float* attended = attended_.data() + first * heads_ * e_;
  float* gate_up = gate_up_.data() + first * 2 * f_;
  float* activated = activated_.data() + first * f_;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    layer.attention_norm(x, rows, normed);
    layer.qkv(normed, rows, d_, qkv, ld_qkv_);
    // Queries and keys stand side by side, so one call rotates the heads of both.
    kernels::rotary(qkv, positions, rows, heads_ + kv_heads_, e_, rotary_.rotated(), ld_qkv_, cosines, sines,
                    false);
    attend(i);
    layer.output(attended, rows, heads_ * e_, x, d_, kernels::Store::add);
    layer.mlp_norm(x, rows, normed);
    layer.gate_up(normed, rows, d_, gate_up, 2 * f_);
    kernels::gate(kernels::Activation::silu, gate_up, rows, f_, activated);
    layer.down(activated, rows, f_, x, d_, kernels::Store::add);
  }
}

void PackedDecoder::head(std::int64_t first, std::int64_t last, float* logits) {
  const std::int64_t rows = last - first, vocabulary = config().vocab_size;
  float* normed = normed_.data() + first * d_;
  final_norm_(x_.data() + first * d_, rows, normed);
  head_(normed, rows, d_, logits + first * vocabulary, vocabulary);
}

void PackedDecoder::prefill(std::span<const std::vector<TokenId>* const> prompts,
                            std::span<const std::int32_t> slots, KvCache& cache, float* logits) {
  std::vector<std::int32_t> starts = {0}, slot_of_row;
  for (std::size_t b = 0; b < prompts.size(); ++b) {
    starts.push_back(starts.back() + static_cast<std::int32_t>(prompts[b]->size()));
    slot_of_row.resize(starts.back(), slots[b]);
  }
  const std::int64_t rows = starts.back();
  reserve(rows);
  for (std::size_t b = 0; b < prompts.size(); ++b) {
    embed(*prompts[b], starts[b]);
    std::iota(positions_.begin() + starts[b], positions_.begin() + starts[b + 1], 0);
  }

  const kernels::AttentionShape shape{.starts = starts.data(),
                                      .sequences = std::ssize(prompts),
                                      .heads = heads_,
                                      .kv_heads = kv_heads_,
                                      .e = e_,
                                      .ldq = ld_qkv_,
                                      .ldk = ld_qkv_,
                                      .ldv = ld_qkv_,
                                      .ldo = heads_ * e_,
                                      .scale = 1.0f / std::sqrt(static_cast<float>(e_))};
  const float* q = qkv_.data();
  const float* k = q + heads_ * e_;
  const float* v = k + kv_heads_ * e_;
  layers(0, rows, [&](std::int64_t layer) {
    for (std::int64_t row = 0; row < rows; ++row)
      cache.write(slot_of_row[row], layer, positions_[row], k + row * ld_qkv_, v + row * ld_qkv_);
    kernels::causal_attention(shape, q, k, v, attended_.data(), nullptr);
  });

  // The head only at the last tokens, gathered to the front (rows are in order, so nothing is overwritten
  // before it is read).
  for (std::size_t b = 0; b < prompts.size(); ++b) {
    std::memmove(x_.data() + b * d_, x_.data() + (starts[b + 1] - 1) * d_, d_ * sizeof(float));
  }
  head(0, std::ssize(prompts), logits);
}

void PackedDecoder::decode(std::span<const TokenId> tokens, std::span<const std::int32_t> positions,
                           std::span<const std::int32_t> slots, KvCache& cache, float* logits) {
  const auto rows = std::ssize(tokens);
  reserve(rows);
  embed(tokens, 0);
  std::vector<const float*> keys(tokens.size()), values(tokens.size());
  std::vector<std::int32_t> lengths(tokens.size());
  for (std::size_t r = 0; r < tokens.size(); ++r) {
    positions_[r] = positions[r];
    lengths[r] = positions[r] + 1;
  }
  const float* k = qkv_.data() + heads_ * e_;
  const float* v = k + kv_heads_ * e_;
  const kernels::DecodeShape whole{.rows = rows,
                                   .heads = heads_,
                                   .kv_heads = kv_heads_,
                                   .e = e_,
                                   .capacity = cache.capacity(),
                                   .ldq = ld_qkv_,
                                   .ldo = heads_ * e_,
                                   .scale = 1.0f / std::sqrt(static_cast<float>(e_))};
  const auto run_rows = [&](std::int64_t first, std::int64_t last) {
    layers(first, last, [&](std::int64_t layer) {
      for (std::int64_t row = first; row < last; ++row) {
        cache.write(slots[row], layer, positions[row], k + row * ld_qkv_, v + row * ld_qkv_);
        keys[row] = cache.keys(slots[row], layer);
        values[row] = cache.values(slots[row], layer);
      }
      auto shape = whole;
      shape.rows = last - first;
      kernels::decode_attention(shape, qkv_.data() + first * ld_qkv_, keys.data() + first,
                                values.data() + first, lengths.data() + first,
                                attended_.data() + first * heads_ * e_);
    });
    head(first, last, logits);
  };
  // Each thread takes its rows through the whole step: one fork instead of one a kernel, and no share of an
  // odd number of panels. Where that leaves too few rows a thread to fill the register tiles, the kernels
  // split the columns instead. No bit depends on it.
  if (rows >= kRowsPerThread * omp_get_max_threads()) {
    kernels::parallel_shares(rows, std::numeric_limits<std::int64_t>::max(), run_rows);
  } else {
    run_rows(0, rows);
  }
}

}  // namespace nudge
