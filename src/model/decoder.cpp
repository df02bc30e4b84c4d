#include "model/decoder.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "base/random.h"
#include "model/weight_names.h"
#include "tensor/aten.h"

namespace nudge {

namespace {

void fill_normal(const at::Tensor& weight, double deviation, std::uint64_t seed, const std::string& name) {
  Stream stream(seed, "initialise " + name);
  auto* w = weight.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < weight.numel(); ++i) w[i] = static_cast<float>(deviation * stream.normal());
}

/// torch's kaiming_uniform_ with a = sqrt(5), which PEFT draws A by.
void fill_uniform(const at::Tensor& weight, std::uint64_t seed, const std::string& name) {
  Stream stream(seed, "initialise " + name);
  const double bound = 1 / std::sqrt(static_cast<double>(weight.size(1)));
  auto* w = weight.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < weight.numel(); ++i)
    w[i] = static_cast<float>(bound * (2 * stream.uniform() - 1));
}

at::Tensor scaled(const at::Tensor& x, double by) {
  return by == 1 ? x : x * by;
}

/// The table of an embedding, shared by all models that live at a time: of a long context it is large, and
/// slow to compute.
RotaryTable shared_rotary(const RotaryOptions& options, std::int64_t positions, std::int64_t head_size) {
  using Weak = c10::weak_intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>;
  struct Living {
    RotaryOptions options;
    std::int64_t positions, head_size;
    Weak cosines, sines;
  };
  static Mutex mutex;
  static std::vector<Living> living NUDGE_LOCKING(guarded_by(mutex));
  const Lock lock(mutex);
  std::erase_if(living, [](const Living& table) { return table.cosines.expired() || table.sines.expired(); });
  for (const Living& table : living) {
    if (table.options != options || table.positions != positions || table.head_size != head_size) continue;
    const auto cosines = table.cosines.lock(), sines = table.sines.lock();
    if (cosines.defined() && sines.defined()) return {at::Tensor(cosines), at::Tensor(sines)};
  }
  auto table = rotary_table(options, positions, head_size);
  living.push_back({options, positions, head_size, Weak(table.cosines.getIntrusivePtr()),
                    Weak(table.sines.getIntrusivePtr())});
  return table;
}

/// What a model owns: all that its base does not hold, what is trained whole, and its adapters.
std::vector<Parameters::Spec> own_specs(const ModelConfig& config, const Weights* base,
                                        const std::vector<Adapter>& adapters,
                                        const std::vector<std::string>& whole) {
  std::vector<Parameters::Spec> specs;
  for (WeightPlan& weight : weight_plan(config)) {
    const bool trained = std::ranges::find(whole, weight.name) != whole.end();
    if (!base || trained || !base->contains(weight.name))
      specs.push_back({std::move(weight.name), std::move(weight.shape)});
  }
  for (const Adapter& adapter : adapters) {
    specs.push_back({adapter.a(), {adapter.rank, adapter.columns}});
    specs.push_back({adapter.b(), {adapter.rows, adapter.rank}});
  }
  return specs;
}

}  // namespace

Decoder::Decoder(const ModelConfig& config) : Decoder(config, nullptr, {}, {}) {}

Decoder::Decoder(const ModelConfig& config, std::shared_ptr<const Weights> base,
                 std::vector<Adapter> adapters, std::vector<std::string> whole)
    : config_(config),
      base_(std::move(base)),
      adapters_(std::move(adapters)),
      whole_(std::move(whole)),
      parameters_(own_specs(config, base_.get(), adapters_, whole_)) {
  const auto table = [&](const RotaryOptions& rotary) {
    return shared_rotary(rotary, config.longest(), config.head_dim);
  };
  if (config.family->names.positions.empty()) {
    full_rotary_ = table(config.rotary.full);
    sliding_rotary_ =
        config.rotary.sliding == config.rotary.full ? full_rotary_ : table(config.rotary.sliding);
  }
  assemble();
}

Decoder::Decoder(const ModelConfig& config, std::shared_ptr<const Weights> base,
                 const PartialTraining& training)
    : Decoder(config, std::move(base), planned_adapters(config, training), planned_whole(config, training)) {
  for (const std::string& name : whole_)
    if (base_->contains(name)) parameters_[name].copy_((*base_)[name].numbers());
}

Decoder::Decoder(const ModelConfig& config, std::uint64_t seed) : Decoder(config) {
  const double residual = 1 / std::sqrt(2.0 * static_cast<double>(config.num_hidden_layers));
  for (const WeightPlan& plan : weight_plan(config)) {
    const at::Tensor& weight = parameters_[plan.name];
    switch (plan.start) {
      case Start::zero:
        break;
      case Start::identity_norm:
        weight.fill_(1 - config.family->norm_offset);
        break;
      case Start::normal:
        fill_normal(weight, config.initializer_range, seed, plan.name);
        break;
      case Start::into_residual:
        fill_normal(weight, config.initializer_range * residual, seed, plan.name);
        break;
    }
  }
}

void Decoder::assemble() {
  const auto table = [&](Part part) { return weight(part_name(part) + ".weight"); };
  embeddings_ = table(&PartNames::embeddings);
  if (!config_.family->names.positions.empty()) positions_ = table(&PartNames::positions);
  layers_.clear();
  for (std::int64_t layer = 0; layer < config_.num_hidden_layers; ++layer) layers_.push_back(layer_of(layer));
  final_norm_ = norm_of(part_name(&PartNames::final_norm));
  const bool scalar = config_.head == Head::scalar;
  const Part head = scalar                        ? &PartNames::score
                    : config_.tie_word_embeddings ? &PartNames::embeddings
                                                  : &PartNames::head;
  head_ = linear_of(part_name(head));
}

Decoder::Layer Decoder::layer_of(std::int64_t layer) const {
  const auto linear = [&](Part part) { return linear_of(part_name(part, layer)); };
  const auto norm = [&](Part part) { return norm_of(part_name(part, layer)); };
  return {.attention_norm = norm(&PartNames::attention_norm),
          .qkv = linear(&PartNames::qkv),
          .q_norm = norm(&PartNames::q_norm),
          .k_norm = norm(&PartNames::k_norm),
          .output = linear(&PartNames::output),
          .attention_out_norm = norm(&PartNames::attention_out_norm),
          .mlp_norm = norm(&PartNames::mlp_norm),
          .gate_up = linear(&PartNames::gate_up),
          .down = linear(&PartNames::down),
          .mlp_out_norm = norm(&PartNames::mlp_out_norm),
          .rotary = rotary_of(layer),
          .attention = {.heads = config_.num_attention_heads,
                        .kv_heads = config_.num_key_value_heads,
                        .head_size = config_.head_dim,
                        .scale = config_.attention_scale,
                        .window = config_.window(layer),
                        .soft_cap = config_.attention_softcap,
                        .precision = config_.precision}};
}

RotaryTable Decoder::rotary_of(std::int64_t layer) const {
  switch (config_.rotary_of(layer)) {
    case LayerRotary::full:
      return full_rotary_;
    case LayerRotary::sliding:
      return sliding_rotary_;
    case LayerRotary::none:
      break;
  }
  return {};
}

Linear Decoder::linear_of(const std::string& part) const {
  const std::string name = part + ".weight", bias = part + ".bias";
  Linear linear{.weight_NK = weight(name)};
  if (has_weight(bias)) linear.bias_N = weight(bias).numbers();
  for (const Adapter& adapter : adapters_)
    if (adapter.parameter == name)
      linear.adapters.push_back({Weight(parameters_[adapter.a()], config_.precision),
                                 Weight(parameters_[adapter.b()], config_.precision), adapter.row,
                                 adapter.scale});
  return linear;
}

Norm Decoder::norm_of(const std::string& part) const {
  const Family& family = *config_.family;
  Norm norm{.kind = family.norm, .epsilon = config_.norm_eps, .offset = family.norm_offset};
  if (has_weight(part + ".weight")) norm.weight_D = weight(part + ".weight").numbers();
  if (has_weight(part + ".bias")) norm.bias_D = weight(part + ".bias").numbers();
  return norm;
}

bool Decoder::has_weight(const std::string& name) const {
  return parameters_.contains(name) || (base_ && base_->contains(name));
}

Weight Decoder::weight(const std::string& name) const {
  return base_ && !parameters_.contains(name) ? (*base_)[name]
                                              : Weight(parameters_[name], precision_of(name));
}

/// A scalar head gives the numbers that a reward or value is, from few weights; positions multiply nothing.
Precision Decoder::precision_of(const std::string& name) const {
  const PartNames& names = config_.family->names;
  const bool whole = name == part_name(&PartNames::score) + ".weight" ||
                     (!names.positions.empty() && name == part_name(&PartNames::positions) + ".weight");
  return whole ? Precision::float32 : config_.precision;
}

void Decoder::check(const PackedBatch& batch) const {
  const std::int64_t limit = config_.longest();
  const auto* token = batch.tokens_T.const_data_ptr<std::int32_t>();
  const auto* position = batch.positions_T.const_data_ptr<std::int32_t>();
  for (std::int64_t t = 0; t < batch.tokens(); ++t) {
    require(token[t] >= 0 && token[t] < config_.vocab_size,
            "The model's vocabulary has {} tokens, but the batch holds the token {}; the tokenizer and the "
            "model do not belong together.",
            config_.vocab_size, token[t]);
    require(position[t] >= 0 && position[t] < limit,
            "A sequence is longer than the model's context of {} tokens; shorten it.", config_.context());
  }
}

at::Tensor Decoder::embedded(const PackedBatch& batch) const {
  const auto x = scaled(nudge::embedding(batch.tokens_T, embeddings_), config_.embedding_scale);
  return positions_.defined() ? x + nudge::embedding(batch.positions_T, positions_) : x;
}

at::Tensor Decoder::attended(const Layer& layer, const at::Tensor& x, const PackedBatch& batch) const {
  const auto projected = layer.qkv(layer.attention_norm(x));
  const auto qkv = layer.q_norm.absent() ? projected
                                         : head_norm(projected, layer.q_norm.gain_D(), layer.k_norm.gain_D(),
                                                     config_.norm_eps, layer.attention);
  return layer.attention_out_norm(layer.output(attention(qkv, batch, layer.rotary, layer.attention)));
}

at::Tensor Decoder::transformed(const Layer& layer, const at::Tensor& x) const {
  const auto wide = layer.gate_up(layer.mlp_norm(x));
  const auto f = config_.activation;
  return layer.mlp_out_norm(layer.down(config_.family->gated ? gate(wide, f) : activate(wide, f)));
}

at::Tensor Decoder::hidden(const PackedBatch& batch) const {
  check(batch);
  auto x = embedded(batch);
  for (const auto& layer : layers_) {
    const auto halfway = x + scaled(attended(layer, x, batch), config_.residual_scale);
    const auto& read = config_.parallel_residual ? x : halfway;
    x = halfway + scaled(transformed(layer, read), config_.residual_scale);
  }
  return final_norm_(x);
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
  return head_(hidden(batch)).squeeze(1);
}

at::Tensor Decoder::sequence_scores(const PackedBatch& batch) const {
  require_heads(true);
  return head_scores(batch).squeeze(1);
}

at::Tensor Decoder::head_scores(const PackedBatch& batch) const {
  require_heads(false);
  return head_(select_rows(hidden(batch), batch.last_tokens_B()));
}

void Decoder::compute_in(Precision precision) {
  require(!base_, "A frozen base computes in the precision that it was read in.");
  config_.precision = precision;
  assemble();
}

void Decoder::freeze(const PartialTraining& training, std::uint64_t seed) {
  require(!base_, "A part of the model is trained already; freeze it once.");
  adapters_ = planned_adapters(config_, training);
  whole_ = planned_whole(config_, training);
  base_ = std::make_shared<Weights>(parameters_.named(),
                                    [this](const std::string& name) { return precision_of(name); });
  parameters_ = Parameters(own_specs(config_, base_.get(), adapters_, whole_));
  for (const std::string& name : whole_) parameters_[name].copy_((*base_)[name].numbers());
  for (const Adapter& adapter : adapters_) fill_uniform(parameters_[adapter.a()], seed, adapter.a());
  assemble();
}

std::unique_ptr<Decoder> Decoder::clone() const {
  std::unique_ptr<Decoder> copy(new Decoder(config_, base_, adapters_, whole_));
  copy->parameters_.flat().copy_(parameters_.flat());
  return copy;
}

std::unique_ptr<Decoder> Decoder::base_model() const {
  std::unique_ptr<Decoder> copy(new Decoder(config_, base_, {}, {}));
  copy->copy_own(*this);
  return copy;
}

std::unique_ptr<Decoder> Decoder::reference() const {
  const auto fresh = [this](const Adapter& adapter) { return !parameters_[adapter.b()].any().item<bool>(); };
  return base_ && whole_.empty() && std::ranges::all_of(adapters_, fresh) ? base_model() : clone();
}

std::unique_ptr<Decoder> Decoder::merged() const {
  auto copy = std::make_unique<Decoder>(config_);
  copy->config_.source.clear();
  copy->copy_own(*this);
  const auto add = [](const Linear& to, const Linear& from) { to.weight_NK.numbers().copy_(from.merged()); };
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer &to = copy->layers_[i], &from = layers_[i];
    add(to.qkv, from.qkv);
    add(to.output, from.output);
    add(to.gate_up, from.gate_up);
    add(to.down, from.down);
  }
  return copy;
}

/// Fills this model's parameters from another model's weights of the same names.
void Decoder::copy_own(const Decoder& from, const std::string& except) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, weight] : parameters_.named())
    if (name != except) weight.detach().copy_(from.weight(name).numbers());
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
  fill_normal(copy->head_.weight_NK.numbers().detach(),
              1 / std::sqrt(static_cast<double>(config_.hidden_size + 1)), seed, "score.weight");
  return copy;
}

std::unique_ptr<Decoder> Decoder::trunk_with_heads(std::vector<RewardHead> heads) const {
  auto config = config_;
  config.head = Head::scalar;
  config.labels_tokens = config.score_bias = false;
  config.reward_heads = std::move(heads);
  const std::string score = part_name(&PartNames::score) + ".weight";
  auto whole = whole_;
  whole.push_back(score);  // a base that has a score of its own keeps it
  std::unique_ptr<Decoder> copy(new Decoder(config, base_, adapters_, std::move(whole)));
  copy->copy_own(*this, score);
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
  return token_logprobs(states_ND, model.head_weight(), targets_N, temperature, entropies,
                        model.config().logits);
}

}  // namespace nudge
