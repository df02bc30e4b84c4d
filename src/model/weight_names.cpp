#include "model/weight_names.h"

#include <fmt/format.h>

#include "tensor/aten.h"

namespace nudge {

namespace {

/// What the decoder calls its parts: as Llama does, the fused ones by Phi-3's names.
constexpr PartNames kOwn{.positions = "embed_positions",
                         .qkv = "self_attn.qkv_proj",
                         .q_norm = "self_attn.q_norm",
                         .k_norm = "self_attn.k_norm",
                         .attention_out_norm = "attention_out_layernorm",
                         .gate_up = "mlp.gate_up_proj",
                         .mlp_out_norm = "mlp_out_layernorm"};

bool on_top(Part part) {
  return part == &PartNames::head || part == &PartNames::score || part == &PartNames::token_score;
}

/// The list of a configuration's weights while it is written.
class Plan {
 public:
  explicit Plan(const ModelConfig& config) : c_(config), names_(config.family->names) {}

  void enter(std::int64_t layer) { layer_ = layer; }
  void leave() { layer_ = -1; }

  /// Embeddings and heads: one matrix, never transposed.
  void table(Part part, std::int64_t rows, Start start) {
    if (!(names_.*part).empty()) add(part, ".weight", {rows, c_.hidden_size}, start, {whole(part, rows)});
  }

  void norm(Part part, std::int64_t width) {
    if ((names_.*part).empty()) return;
    add(part, ".weight", {width}, Start::identity_norm, {whole(part, width)});
    if (c_.family->norm == NormKind::layer) add(part, ".bias", {width}, Start::zero, {whole(part, width)});
  }

  /// Some rows of a linear layer that a checkpoint's part holds.
  struct Rows {
    Part part;
    std::int64_t rows;
    StoredOrder order = StoredOrder::rows;
  };
  void linear(Part part, std::int64_t columns, const std::vector<Rows>& pieces, bool bias,
              Start start = Start::normal) {
    std::int64_t rows = 0;
    for (const Rows& piece : pieces) rows += piece.rows;
    add(part, ".weight", {rows, columns}, start, pieces);
    if (bias) add(part, ".bias", {rows}, Start::zero, pieces);
  }

  std::vector<WeightPlan> finish() { return std::move(all_); }

 private:
  static Rows whole(Part part, std::int64_t rows) { return {part, rows}; }

  std::string named(const PartNames& names, Part part) const {
    if (on_top(part)) return std::string(names.*part);
    if (layer_ < 0) return fmt::format("{}{}", names.trunk, names.*part);
    return fmt::format("{}{}{}.{}", names.trunk, names.layers, layer_, names.*part);
  }

  void add(Part part, const char* kind, std::vector<std::int64_t> shape, Start start,
           const std::vector<Rows>& pieces) {
    WeightPlan plan{named(kOwn, part) + kind, std::move(shape), start, {}};
    std::int64_t row = 0;
    for (const Rows& piece : pieces) {
      CheckpointTensor item{.name = named(names_, piece.part) + kind,
                            .shape = plan.shape,
                            .parameter = plan.name,
                            .row = row,
                            .rows = piece.rows,
                            .order = piece.order,
                            .head_dim = c_.head_dim};
      item.shape[0] = piece.rows;
      const bool matrix = item.shape.size() == 2;
      item.linear = matrix && layer_ >= 0;
      if (item.order == StoredOrder::transposed && !matrix) item.order = StoredOrder::rows;
      if (item.order == StoredOrder::transposed) std::swap(item.shape[0], item.shape[1]);
      plan.stored.push_back(std::move(item));
      row += piece.rows;
    }
    all_.push_back(std::move(plan));
  }

  const ModelConfig& c_;
  const PartNames& names_;
  std::int64_t layer_ = -1;
  std::vector<WeightPlan> all_;
};

void plan_attention(const ModelConfig& c, Plan& plan) {
  const Family& family = *c.family;
  const std::int64_t queries = c.num_attention_heads * c.head_dim, keys = c.num_key_value_heads * c.head_dim;
  const StoredOrder plain = family.transposed ? StoredOrder::transposed : StoredOrder::rows;
  const StoredOrder fused = family.qkv_order == FusedOrder::heads ? StoredOrder::heads : plain;
  plan.norm(&PartNames::attention_norm, c.hidden_size);
  std::vector<Plan::Rows> qkv{{&PartNames::qkv, queries + 2 * keys, fused}};
  if (family.names.qkv.empty())
    qkv = {{&PartNames::q, queries, plain}, {&PartNames::k, keys, plain}, {&PartNames::v, keys, plain}};
  plan.linear(&PartNames::qkv, c.hidden_size, qkv, c.qkv_bias);
  plan.norm(&PartNames::q_norm, family.whole_qk_norm ? queries : c.head_dim);
  plan.norm(&PartNames::k_norm, family.whole_qk_norm ? keys : c.head_dim);
  plan.linear(&PartNames::output, queries, {{&PartNames::output, c.hidden_size, plain}}, c.output_bias,
              Start::into_residual);
  plan.norm(&PartNames::attention_out_norm, c.hidden_size);
}

void plan_mlp(const ModelConfig& c, Plan& plan) {
  const Family& family = *c.family;
  const std::int64_t f = c.intermediate_size;
  const StoredOrder plain = family.transposed ? StoredOrder::transposed : StoredOrder::rows;
  plan.norm(&PartNames::mlp_norm, c.hidden_size);
  std::vector<Plan::Rows> up{{&PartNames::up, f, plain}};
  if (!family.names.gate_up.empty()) {
    up = {{&PartNames::gate_up, 2 * f, plain}};
  } else if (family.gated) {
    up = {{&PartNames::gate, f, plain}, {&PartNames::up, f, plain}};
  }
  plan.linear(&PartNames::gate_up, c.hidden_size, up, c.mlp_bias);
  plan.linear(&PartNames::down, f, {{&PartNames::down, c.hidden_size, plain}}, c.mlp_bias,
              Start::into_residual);
  plan.norm(&PartNames::mlp_out_norm, c.hidden_size);
}

}  // namespace

std::string part_name(Part part, std::int64_t layer) {
  return fmt::format("{}{}{}.{}", kOwn.trunk, kOwn.layers, layer, kOwn.*part);
}

std::string part_name(Part part) {
  return on_top(part) ? std::string(kOwn.*part) : fmt::format("{}{}", kOwn.trunk, kOwn.*part);
}

std::vector<WeightPlan> weight_plan(const ModelConfig& c) {
  Plan plan(c);
  plan.table(&PartNames::embeddings, c.vocab_size, Start::normal);
  plan.table(&PartNames::positions, c.max_position_embeddings, Start::normal);
  for (std::int64_t layer = 0; layer < c.num_hidden_layers; ++layer) {
    plan.enter(layer);
    plan_attention(c, plan);
    plan_mlp(c, plan);
  }
  plan.leave();
  plan.norm(&PartNames::final_norm, c.hidden_size);
  if (c.head == Head::scalar) {
    const Part stored = c.labels_tokens ? &PartNames::token_score : &PartNames::score;
    plan.linear(&PartNames::score, c.hidden_size, {{stored, c.heads()}}, c.score_bias, Start::zero);
  } else if (!c.tie_word_embeddings) {
    plan.table(&PartNames::head, c.vocab_size, Start::normal);
  }
  return plan.finish();
}

std::vector<CheckpointTensor> checkpoint_tensors(const ModelConfig& config) {
  std::vector<CheckpointTensor> all;
  for (WeightPlan& weight : weight_plan(config))
    for (CheckpointTensor& item : weight.stored) all.push_back(std::move(item));
  return all;
}

at::Tensor as_computed(const at::Tensor& stored, const CheckpointTensor& item) {
  if (item.order == StoredOrder::transposed) return stored.t();
  if (item.order == StoredOrder::rows) return stored;
  return stored.reshape({-1, 3, item.head_dim, item.rows == stored.numel() ? 1 : stored.size(-1)})
      .transpose(0, 1)
      .reshape(stored.sizes());
}

at::Tensor as_stored(const at::Tensor& computed, const CheckpointTensor& item) {
  if (item.order == StoredOrder::transposed) return computed.t();
  if (item.order == StoredOrder::rows) return computed;
  return computed.reshape({3, -1, item.head_dim, item.rows == computed.numel() ? 1 : computed.size(-1)})
      .transpose(0, 1)
      .reshape(computed.sizes());
}

}  // namespace nudge
