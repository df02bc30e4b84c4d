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
#include "kernels/logit_curve.h"
#include "kernels/parallel.h"
#include "kernels/rotary.h"

namespace nudge {
namespace {

/// Fewest rows with which a thread keeps up the pace of the GEMM alone.
constexpr std::int64_t kRowsPerThread = 8;
/// Bytes of weights above which each thread should read its share of them only: they come from main memory.
constexpr std::int64_t kFarWeights = 128 << 20;

void scale(float* x, float by, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) x[i] *= by;
}

/// x += by * y.
void add(const float* y, float by, std::int64_t n, float* x) {
  for (std::int64_t i = 0; i < n; ++i) x[i] += by * y[i];
}

}  // namespace

PackedDecoder::PackedDecoder(const Decoder& model)
    : model_(model),
      d_(config().hidden_size),
      heads_(config().num_attention_heads),
      kv_heads_(config().num_key_value_heads),
      e_(config().head_dim),
      f_(config().intermediate_size),
      wide_((config().family->gated ? 2 : 1) * f_),
      ld_qkv_((heads_ + 2 * kv_heads_) * e_),
      layers_(model.layers().begin(), model.layers().end()),
      final_norm_(model.final_norm()),
      head_(model.head()) {
  require(config().head == Head::language,
          "generate: expected a language model, got one with a scalar head (a reward or value model).");
}

PackedDecoder::Layer::Layer(const Decoder::Layer& layer)
    : attention_norm(layer.attention_norm),
      qkv(layer.qkv),
      q_norm(layer.q_norm),
      k_norm(layer.k_norm),
      output(layer.output),
      attention_out_norm(layer.attention_out_norm),
      mlp_norm(layer.mlp_norm),
      gate_up(layer.gate_up),
      down(layer.down),
      mlp_out_norm(layer.mlp_out_norm) {}

void PackedDecoder::Layer::refresh() {
  for (PackedNorm* norm : {&attention_norm, &q_norm, &k_norm, &attention_out_norm, &mlp_norm, &mlp_out_norm})
    norm->refresh();
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
  grow(branch_, d_);
  grow(qkv_, ld_qkv_);
  grow(attended_, heads_ * e_);
  grow(gate_up_, wide_);
  grow(activated_, f_);
  positions_.resize(rows);
}

void PackedDecoder::embed(std::span<const TokenId> tokens, std::int64_t first) {
  const auto by = static_cast<float>(config().embedding_scale);
  float* x = x_.data() + first * d_;
  for (const TokenId token : tokens) {
    model_.embeddings().copy_row(token, x);
    if (by != 1) scale(x, by, d_);
    x += d_;
  }
}

/// Learned positions, added to the embeddings of the rows first..last-1.
void PackedDecoder::add_positions(std::int64_t first, std::int64_t last) {
  if (!model_.positions().defined()) return;
  std::vector<float> position(static_cast<std::size_t>(d_));
  for (std::int64_t row = first; row < last; ++row) {
    model_.positions().copy_row(positions_[row], position.data());
    add(position.data(), 1, d_, x_.data() + row * d_);
  }
}

void PackedDecoder::norm_heads(const Layer& layer, float* qkv, std::int64_t rows) const {
  if (layer.q_norm.absent()) return;
  layer.q_norm.heads(qkv, rows, heads_ * e_, ld_qkv_);
  layer.k_norm.heads(qkv + heads_ * e_, rows, kv_heads_ * e_, ld_qkv_);
}

void PackedDecoder::activate(const float* wide, std::int64_t rows, float* active) const {
  const auto f = config().activation;
  if (config().family->gated) {
    kernels::gate(f, wide, rows, f_, active);
  } else {
    kernels::activate(f, wide, rows * f_, active);
  }
}

void PackedDecoder::add_branch(const PackedLinear& linear, const PackedNorm& norm, const float* in,
                               std::int64_t rows, float* branch, float* x) const {
  const auto scale = static_cast<float>(config().residual_scale);
  // In fp32 a chain of sums that begins at x; in bf16 the numbers of the training forward, to the bit.
  if (norm.absent() && scale == 1 && (linear.one_product() || config().precision == Precision::float32)) {
    linear(in, rows, linear.columns(), x, d_, kernels::Store::add);
    return;
  }
  linear(in, rows, linear.columns(), branch, d_);
  if (!norm.absent()) norm(branch, rows, branch);
  add(branch, scale, rows * d_, x);
}

template <class Attend>
void PackedDecoder::layers(std::int64_t first, std::int64_t last, const Attend& attend) {
  const std::int64_t rows = last - first;
  float* x = x_.data() + first * d_;
  float* normed = normed_.data() + first * d_;
  float* branch = branch_.data() + first * d_;
  float* qkv = qkv_.data() + first * ld_qkv_;
  const float* attended = attended_.data() + first * heads_ * e_;
  float* gate_up = gate_up_.data() + first * wide_;
  float* activated = activated_.data() + first * f_;
  const auto read = [&](const PackedNorm& norm) -> const float* {
    if (norm.absent()) return x;
    norm(x, rows, normed);
    return normed;
  };
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    layer.qkv(read(layer.attention_norm), rows, d_, qkv, ld_qkv_);
    norm_heads(layer, qkv, rows);
    rotate(i, first, rows);
    attend(i);
    const bool parallel = config().parallel_residual;
    if (parallel) layer.gate_up(read(layer.mlp_norm), rows, d_, gate_up, wide_);
    add_branch(layer.output, layer.attention_out_norm, attended, rows, branch, x);
    if (!parallel) layer.gate_up(read(layer.mlp_norm), rows, d_, gate_up, wide_);
    activate(gate_up, rows, activated);
    add_branch(layer.down, layer.mlp_out_norm, activated, rows, branch, x);
  }
}

/// Queries and keys stand side by side, so one call rotates the heads of both.
void PackedDecoder::rotate(std::size_t layer, std::int64_t first, std::int64_t rows) {
  const RotaryTable& rotary = model_.layers()[layer].rotary;
  if (rotary.rotated() == 0) return;
  kernels::rotary(qkv_.data() + first * ld_qkv_, positions_.data() + first, rows, heads_ + kv_heads_, e_,
                  rotary.rotated(), ld_qkv_, rotary.cosines.const_data_ptr<float>(),
                  rotary.sines.const_data_ptr<float>(), false);
}

void PackedDecoder::head(std::int64_t first, std::int64_t last, float* logits) {
  const std::int64_t rows = last - first, vocabulary = config().vocab_size;
  float* normed = normed_.data() + first * d_;
  final_norm_(x_.data() + first * d_, rows, normed);
  logits += first * vocabulary;
  head_(normed, rows, d_, logits, vocabulary);
  const LogitCurve& curve = config().logits;
  if (!curve.straight())
    kernels::bend_logits(logits, rows * vocabulary, static_cast<float>(curve.scale),
                         static_cast<float>(curve.soft_cap), nullptr);
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
  add_positions(0, rows);

  kernels::AttentionShape shape{.starts = starts.data(),
                                .sequences = std::ssize(prompts),
                                .heads = heads_,
                                .kv_heads = kv_heads_,
                                .e = e_,
                                .ldq = ld_qkv_,
                                .ldk = ld_qkv_,
                                .ldv = ld_qkv_,
                                .ldo = heads_ * e_};
  const float* q = qkv_.data();
  const float* k = q + heads_ * e_;
  const float* v = k + kv_heads_ * e_;
  layers(0, rows, [&](std::int64_t layer) {
    for (std::int64_t row = 0; row < rows; ++row)
      cache.write(slot_of_row[row], layer, positions_[row], k + row * ld_qkv_, v + row * ld_qkv_);
    const AttentionOptions& options = model_.layers()[layer].attention;
    shape.precision = options.precision;
    shape.scale = options.score_scale();
    shape.window = options.window;
    shape.soft_cap = static_cast<float>(options.soft_cap);
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
  const bool rounded = cache.precision() == Precision::bfloat16;
  std::vector<const float*> keys(tokens.size()), values(tokens.size());
  std::vector<const kernels::bf16::Bits*> key_bits(tokens.size()), value_bits(tokens.size());
  std::vector<std::int32_t> lengths(tokens.size());
  for (std::size_t r = 0; r < tokens.size(); ++r) {
    positions_[r] = positions[r];
    lengths[r] = positions[r] + 1;
  }
  add_positions(0, rows);
  const float* k = qkv_.data() + heads_ * e_;
  const float* v = k + kv_heads_ * e_;
  const auto shape_of = [&](std::int64_t layer, std::int64_t share) {
    const AttentionOptions& options = model_.layers()[layer].attention;
    return kernels::DecodeShape{.rows = share,
                                .heads = heads_,
                                .kv_heads = kv_heads_,
                                .e = e_,
                                .capacity = cache.capacity(),
                                .ldq = ld_qkv_,
                                .ldo = heads_ * e_,
                                .scale = options.score_scale(),
                                .window = options.window,
                                .soft_cap = static_cast<float>(options.soft_cap)};
  };
  const auto run_rows = [&](std::int64_t first, std::int64_t last) {
    layers(first, last, [&](std::int64_t layer) {
      for (std::int64_t row = first; row < last; ++row) {
        cache.write(slots[row], layer, positions[row], k + row * ld_qkv_, v + row * ld_qkv_);
        if (rounded) {
          key_bits[row] = cache.key_bits(slots[row], layer);
          value_bits[row] = cache.value_bits(slots[row], layer);
        } else {
          keys[row] = cache.keys(slots[row], layer);
          values[row] = cache.values(slots[row], layer);
        }
      }
      const auto attend = [&](const auto& k_of, const auto& v_of) {
        kernels::decode_attention(shape_of(layer, last - first), qkv_.data() + first * ld_qkv_,
                                  k_of.data() + first, v_of.data() + first, lengths.data() + first,
                                  attended_.data() + first * heads_ * e_);
      };
      rounded ? attend(key_bits, value_bits) : attend(keys, values);
    });
    head(first, last, logits);
  };
  // Each thread takes its rows through the whole step: one fork instead of one a kernel, and no share of an
  // odd number of panels. Where that leaves too few rows a thread to fill the register tiles, or in bf16 is
  // waiting for the weights, the kernels split the columns instead. No bit depends on it.
  const std::int64_t bytes =
      config().matmul_weights() * static_cast<std::int64_t>(sizeof(kernels::bf16::Bits));
  const bool far = rounded && bytes > kFarWeights;
  if (!far && rows >= kRowsPerThread * omp_get_max_threads()) {
    kernels::parallel_shares(rows, std::numeric_limits<std::int64_t>::max(), run_rows);
  } else {
    run_rows(0, rows);
  }
}

}  // namespace nudge
