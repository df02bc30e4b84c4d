#include "model/config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/error.h"
#include "base/token_ids.h"

namespace nudge {

namespace {

constexpr std::string_view kLanguage = "LlamaForCausalLM", kScalar = "LlamaForSequenceClassification";

/// Keys that parse_config reads and config_json writes; all others travel in ModelConfig::other.
constexpr std::array kInterpreted = {"architectures",
                                     "model_type",
                                     "vocab_size",
                                     "hidden_size",
                                     "intermediate_size",
                                     "num_hidden_layers",
                                     "num_attention_heads",
                                     "num_key_value_heads",
                                     "head_dim",
                                     "max_position_embeddings",
                                     "rms_norm_eps",
                                     "rope_theta",
                                     "rope_parameters",
                                     "rope_scaling",
                                     "tie_word_embeddings",
                                     "initializer_range",
                                     "bos_token_id",
                                     "eos_token_id",
                                     "pad_token_id",
                                     "hidden_act",
                                     "attention_bias",
                                     "mlp_bias",
                                     "attention_dropout",
                                     "dtype",
                                     "torch_dtype",
                                     "num_labels",
                                     "id2label",
                                     "label2id",
                                     "mean",
                                     "std",
                                     "transformers_version"};

/// Reads keys of one config.json, each with its limits.
struct Reader {
  const Json& json;
  std::string_view where;

  std::int64_t size(const std::string& key, std::int64_t limit) const {
    return bounded(key, get<std::int64_t>(json, key, where), limit);
  }
  std::int64_t size_or(const std::string& key, std::int64_t fallback, std::int64_t limit) const {
    return bounded(key, get_or<std::int64_t>(json, key, fallback, where), limit);
  }
  double positive_or(const std::string& key, double fallback) const {
    const double value = get_or<double>(json, key, fallback, where);
    require(std::isfinite(value) && value > 0, "{}: \"{}\" must be a positive number, got {}.", where, key,
            value);
    return value;
  }
  void must_be_off(const std::string& key) const {
    require(!get_or<bool>(json, key, false, where), "{}: \"{}\" is true, which nudge does not support.",
            where, key);
  }
  /// A token id, or the first of a list of them.
  std::optional<std::int64_t> token(const std::string& key) const {
    const auto ids = token_ids(json, key, where);
    return ids.empty() ? std::nullopt : std::optional(ids.front());
  }

 private:
  std::int64_t bounded(const std::string& key, std::int64_t value, std::int64_t limit) const {
    require(value >= 1 && value <= limit, "{}: \"{}\" must lie between 1 and {}, got {}.", where, key, limit,
            value);
    return value;
  }
};

Head parse_head(const Reader& reader) {
  const auto family = get_or<std::string>(reader.json, "model_type", "", reader.where);
  require(family == "llama", "{}: the model type is \"{}\"; nudge reads the Llama family (\"llama\").",
          reader.where, family);
  const auto names = get_or<std::vector<std::string>>(reader.json, "architectures", {}, reader.where);
  if (names.empty() || names.front() == kLanguage) return Head::language;
  require(names.front() == kScalar, "{}: the architecture is \"{}\"; nudge reads {} and {}.", reader.where,
          names.front(), kLanguage, kScalar);
  return Head::scalar;
}

/// The numbers under a key, one for each head; a single number stands for all.
std::vector<double> head_numbers(const Reader& reader, const char* key, double fallback, std::size_t heads) {
  const auto found = reader.json.find(key);
  if (found == reader.json.end() || !found->is_array())
    return std::vector<double>(heads, get_or<double>(reader.json, key, fallback, reader.where));
  const auto numbers = get<std::vector<double>>(reader.json, key, reader.where);
  require(numbers.size() == heads, "{}: \"{}\" has {} numbers for {} labels.", reader.where, key,
          numbers.size(), heads);
  return numbers;
}

std::vector<RewardHead> parse_heads(const Reader& reader) {
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
double parse_rope_theta(const Reader& reader) {
  double theta = reader.positive_or("rope_theta", 10000);
  for (const auto* key : {"rope_scaling", "rope_parameters"}) {
    const auto found = reader.json.find(key);
    if (found == reader.json.end() || found->is_null()) continue;
    require(found->is_object(), "{}: \"{}\" must be an object or null.", reader.where, key);
    const Reader rope{*found, reader.where};
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

void parse_shape(const Reader& reader, ModelConfig& config) {
  config.vocab_size = reader.size("vocab_size", 1 << 24);
  config.hidden_size = reader.size("hidden_size", 1 << 17);
  config.intermediate_size = reader.size("intermediate_size", 1 << 20);
  config.num_hidden_layers = reader.size("num_hidden_layers", 1 << 10);
  config.num_attention_heads = reader.size("num_attention_heads", 1 << 12);
  config.num_key_value_heads = reader.size_or("num_key_value_heads", config.num_attention_heads, 1 << 12);
  config.head_dim = reader.size_or("head_dim", config.hidden_size / config.num_attention_heads, 1 << 12);
  config.max_position_embeddings = reader.size_or("max_position_embeddings", 2048, 1 << 20);
  require(config.num_attention_heads % config.num_key_value_heads == 0,
          "{}: {} attention heads cannot share {} key/value heads evenly.", reader.where,
          config.num_attention_heads, config.num_key_value_heads);
  require(config.head_dim % 2 == 0, "{}: the rotary embedding needs an even \"head_dim\", got {}.",
          reader.where, config.head_dim);
}

void write_head(const ModelConfig& config, Json& json) {
  if (config.head == Head::language) return;
  json["num_labels"] = config.heads();
  Json means = Json::array(), deviations = Json::array();
  bool normalised = false;
  for (std::size_t i = 0; i < config.reward_heads.size(); ++i) {
    const auto& [name, mean, deviation] = config.reward_heads[i];
    json["id2label"][std::to_string(i)] = name;
    json["label2id"][name] = i;
    means.push_back(mean);
    deviations.push_back(deviation);
    normalised = normalised || mean != 0 || deviation != 1;
  }
  if (!normalised) return;
  json["mean"] = config.heads() == 1 ? means[0] : means;
  json["std"] = config.heads() == 1 ? deviations[0] : deviations;
}

void write_tokens(const ModelConfig& config, Json& json) {
  const auto write = [&](const char* key, std::optional<std::int64_t> id) {
    json[key] = id ? Json(*id) : Json();
  };
  write("bos_token_id", config.bos_token_id);
  json["eos_token_id"] = token_ids_json(config.eos_token_ids);
  write("pad_token_id", config.pad_token_id);
}

}  // namespace

std::int64_t ModelConfig::matmul_weights() const {
  const std::int64_t attention = (2 * num_attention_heads + 2 * num_key_value_heads) * head_dim;
  const std::int64_t layer = hidden_size * (attention + 3 * intermediate_size);
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
  const Reader reader{json, where};
  ModelConfig config;
  config.head = parse_head(reader);
  parse_shape(reader, config);
  config.rope_theta = parse_rope_theta(reader);
  config.rms_norm_eps = reader.positive_or("rms_norm_eps", 1e-6);
  config.initializer_range = reader.positive_or("initializer_range", 0.02);
  config.tie_word_embeddings = get_or<bool>(json, "tie_word_embeddings", false, where);
  reader.must_be_off("attention_bias");
  reader.must_be_off("mlp_bias");
  const auto activation = get_or<std::string>(json, "hidden_act", "silu", where);
  require(activation == "silu", "{}: \"hidden_act\" is \"{}\"; nudge computes \"silu\" only.", where,
          activation);
  config.bos_token_id = reader.token("bos_token_id");
  config.eos_token_ids = token_ids(json, "eos_token_id", where);
  config.pad_token_id = reader.token("pad_token_id");
  if (config.head == Head::scalar) config.reward_heads = parse_heads(reader);
  for (const auto& [key, value] : json.items()) {
    const bool interpreted = std::find(kInterpreted.begin(), kInterpreted.end(), key) != kInterpreted.end();
    if (!interpreted) config.other[key] = value;
  }
  return config;
}

Json config_json(const ModelConfig& config) {
  Json json;
  json["architectures"] = Json::array({config.head == Head::language ? kLanguage : kScalar});
  json["model_type"] = "llama";
  json["vocab_size"] = config.vocab_size;
  json["hidden_size"] = config.hidden_size;
  json["intermediate_size"] = config.intermediate_size;
  json["num_hidden_layers"] = config.num_hidden_layers;
  json["num_attention_heads"] = config.num_attention_heads;
  json["num_key_value_heads"] = config.num_key_value_heads;
  json["head_dim"] = config.head_dim;
  json["max_position_embeddings"] = config.max_position_embeddings;
  json["rms_norm_eps"] = config.rms_norm_eps;
  json["rope_theta"] = config.rope_theta;  // read up to transformers 4
  json["rope_parameters"] = {{"rope_theta", config.rope_theta}, {"rope_type", "default"}};  // from 5 on
  json["hidden_act"] = "silu";
  json["attention_bias"] = false;
  json["mlp_bias"] = false;
  json["attention_dropout"] = 0.0;
  json["tie_word_embeddings"] = config.tie_word_embeddings;
  json["initializer_range"] = config.initializer_range;
  write_tokens(config, json);
  write_head(config, json);
  json["dtype"] = "float32";
  json["torch_dtype"] = "float32";  // its name up to transformers 4
  json.update(config.other);
  return json;
}

}  // namespace nudge
