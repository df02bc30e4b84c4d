#include "model/config.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"
#include "base/token_ids.h"
#include "model/config_reader.h"

namespace nudge {

namespace {

Head parse_head(const ConfigReader& reader, const Family& family) {
  const auto names = get_or<std::vector<std::string>>(reader.json, "architectures", {}, reader.where);
  if (names.empty() || names.front() == family.language) return Head::language;
  require(names.front() == family.scalar, "{}: the architecture is \"{}\"; nudge reads {} and {}.",
          reader.where, names.front(), family.language, family.scalar);
  return Head::scalar;
}

/// The numbers under a key, one for each head; a single number stands for all.
std::vector<double> head_numbers(const ConfigReader& reader, const char* key, double fallback,
                                 std::size_t heads) {
  const auto found = reader.json.find(key);
  if (found == reader.json.end() || !found->is_array())
    return std::vector<double>(heads, get_or<double>(reader.json, key, fallback, reader.where));
  const auto numbers = get<std::vector<double>>(reader.json, key, reader.where);
  require(numbers.size() == heads, "{}: \"{}\" has {} numbers for {} labels.", reader.where, key,
          numbers.size(), heads);
  return numbers;
}

std::vector<RewardHead> parse_heads(const ConfigReader& reader) {
  std::size_t labels = 2;  // transformers' default
  const Json names = get_or<Json>(reader.json, "id2label", Json::object(), reader.where);
  if (names.is_object() && !names.empty()) labels = names.size();
  labels = get_or<std::size_t>(reader.json, "num_labels", labels, reader.where);
  require(labels >= 1 && labels <= 1024, "{}: a reward model has 1 to 1024 labels, this classifier has {}.",
          reader.where, labels);
  const std::vector<double> means = head_numbers(reader, "mean", 0, labels);
  const std::vector<double> deviations = head_numbers(reader, "std", 1, labels);
  std::vector<RewardHead> heads;
  for (std::size_t i = 0; i < labels; ++i) {
    require(deviations[i] > 0, "{}: \"std\" must be above 0, got {}.", reader.where, deviations[i]);
    heads.push_back({get_or<std::string>(names, std::to_string(i), fmt::format("LABEL_{}", i), reader.where),
                     means[i], deviations[i]});
  }
  return heads;
}

/// Refuses every rotary embedding but the plain one. transformers 5 writes "rope_parameters", older ones
/// "rope_theta" and "rope_scaling".
double parse_rope_theta(const ConfigReader& reader) {
  double theta = reader.positive_or("rope_theta", 10000);
  for (const auto* key : {"rope_scaling", "rope_parameters"}) {
    const auto found = reader.json.find(key);
    if (found == reader.json.end() || found->is_null()) continue;
    require(found->is_object(), "{}: \"{}\" must be an object or null.", reader.where, key);
    const ConfigReader rope{*found, reader.where};
    const auto old_name = get_or<std::string>(*found, "type", "default", reader.where);
    const auto type = get_or<std::string>(*found, "rope_type", old_name, reader.where);
    require(type == "default",
            "{}: \"{}\" asks for the rotary embedding \"{}\"; nudge computes the plain one only.",
            reader.where, key, type);
    require(rope.positive_or("partial_rotary_factor", 1) == 1,
            "{}: \"{}\" rotates a part of each head only, which nudge does not support.", reader.where, key);
    theta = rope.positive_or("rope_theta", theta);
  }
  return theta;
}

void parse_shape(const ConfigReader& reader, ModelConfig& config) {
  const ConfigKeys& keys = config.family->keys;
  config.vocab_size = reader.size("vocab_size", 1 << 24);
  config.hidden_size = reader.size(keys.hidden_size, 1 << 17);
  config.intermediate_size = reader.size(keys.intermediate_size, 1 << 20);
  config.num_hidden_layers = reader.size(keys.num_hidden_layers, 1 << 10);
  config.num_attention_heads = reader.size(keys.num_attention_heads, 1 << 12);
  config.num_key_value_heads = reader.size_or("num_key_value_heads", config.num_attention_heads, 1 << 12);
  config.head_dim = reader.size_or("head_dim", config.hidden_size / config.num_attention_heads, 1 << 12);
  config.max_position_embeddings = reader.size_or(keys.max_position_embeddings, 2048, 1 << 20);
  require(config.num_attention_heads % config.num_key_value_heads == 0,
          "{}: {} attention heads cannot share {} key/value heads evenly.", reader.where,
          config.num_attention_heads, config.num_key_value_heads);
  require(config.head_dim % 2 == 0, "{}: the rotary embedding needs an even \"head_dim\", got {}.",
          reader.where, config.head_dim);
}

void parse_biases(const ConfigReader& reader, ModelConfig& config) {
  config.qkv_bias = reader(config.family->qkv_bias);
  config.output_bias = reader(config.family->output_bias);
  config.mlp_bias = reader(config.family->mlp_bias);
}

/// Keys that are read and written under other names, or are nobody's but the writer's.
constexpr std::array kSuperseded = {"rope_scaling", "num_labels",          "id2label", "label2id", "mean",
                                    "std",          "transformers_version"};

/// What config_json would not write is kept for it.
void keep_the_rest(const Json& json, ModelConfig& config) {
  const Json written = config_json(config);
  for (const auto& [key, value] : json.items()) {
    const bool superseded = std::ranges::find(kSuperseded, key) != kSuperseded.end();
    if (!superseded && !written.contains(key)) config.other[key] = value;
  }
}

}  // namespace

std::int64_t ModelConfig::matmul_weights() const {
  const std::int64_t attention = (2 * num_attention_heads + 2 * num_key_value_heads) * head_dim;
  const std::int64_t layer = hidden_size * (attention + (family->gated ? 3 : 2) * intermediate_size);
  return num_hidden_layers * layer + hidden_size * (head == Head::language ? vocab_size : heads());
}

std::string label_names(const ModelConfig& config) {
  std::string names;
  for (const RewardHead& head : config.reward_heads) names += (names.empty() ? "" : ", ") + head.name;
  return names;
}

void ModelConfig::end_with(std::int64_t id) {
  const auto with = [id](std::vector<std::int64_t> ids) {
    if (std::ranges::find(ids, id) == ids.end()) ids.insert(ids.begin(), id);
    return ids;
  };
  eos_token_ids = with(eos_token_ids);
  if (generation.is_object())
    generation["eos_token_id"] =
        token_ids_json(with(token_ids(generation, "eos_token_id", "generation_config.json")));
}

ModelConfig parse_config(const Json& json, std::string_view where) {
  require(json.is_object(), "{}: expected a JSON object, got {}.", where, json.type_name());
  const ConfigReader reader{json, where};
  ModelConfig config;
  config.family = &family_of(reader.text_or("model_type", ""), where);
  const Family& family = *config.family;
  config.head = parse_head(reader, family);
  parse_shape(reader, config);
  config.rope_theta = parse_rope_theta(reader);
  config.norm_eps = reader.positive_or(family.keys.norm_eps, 1e-6);
  config.initializer_range = reader.positive_or("initializer_range", 0.02);
  config.tie_word_embeddings = get_or<bool>(json, "tie_word_embeddings", family.tied, where);
  parse_biases(reader, config);
  const auto activation = reader.text_or(family.keys.hidden_act, "silu");
  require(activation == "silu", "{}: \"{}\" is \"{}\"; nudge computes \"silu\" only.", where,
          family.keys.hidden_act, activation);
  config.bos_token_id = reader.token("bos_token_id");
  config.eos_token_ids = token_ids(json, "eos_token_id", where);
  config.pad_token_id = reader.token("pad_token_id");
  if (config.head == Head::scalar) config.reward_heads = parse_heads(reader);
  keep_the_rest(json, config);
  return config;
}

}  // namespace nudge
