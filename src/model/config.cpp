#include "model/config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/error.h"
#include "base/token_ids.h"
#include "model/config_reader.h"

namespace nudge {

namespace {

void parse_head(const ConfigReader& reader, ModelConfig& config) {
  const Family& family = *config.family;
  const auto names = get_or<std::vector<std::string>>(reader.json, "architectures", {}, reader.where);
  if (names.empty() || names.front() == family.language) return;
  config.labels_tokens = !family.tokens.empty() && names.front() == family.tokens;
  require(config.labels_tokens || names.front() == family.scalar,
          "{}: the architecture is \"{}\"; nudge reads {}, {}{}{}.", reader.where, names.front(),
          family.language, family.scalar, family.tokens.empty() ? "" : " and ", family.tokens);
  config.head = Head::scalar;
  config.score_bias =
      config.labels_tokens && get_or<bool>(reader.json, "token_classification_bias", true, reader.where);
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

void parse_shape(const ConfigReader& reader, ModelConfig& config) {
  const ConfigKeys& keys = config.family->keys;
  config.vocab_size = reader.size("vocab_size", 1 << 24);
  config.hidden_size = reader.size(keys.hidden_size, 1 << 17);
  const double ratio = config.family->mlp_ratio;
  config.intermediate_size =
      ratio == 0 ? reader.size(keys.intermediate_size, 1 << 20)
                 : reader.size_or(keys.intermediate_size,
                                  std::llround(ratio * static_cast<double>(config.hidden_size)), 1 << 20);
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

Activation activation_of(std::string name, const Family& family, std::string_view where) {
  if (family.gelu_means_tanh && name == "gelu") name = "gelu_pytorch_tanh";
  if (name == "silu") return Activation::silu;
  if (name == "gelu") return Activation::gelu;
  require(name == "gelu_pytorch_tanh" || name == "gelu_new",
          "{}: \"{}\" is \"{}\"; nudge computes \"silu\", \"gelu\", \"gelu_new\" and \"gelu_pytorch_tanh\".",
          where, family.keys.hidden_act, name);
  return Activation::gelu_tanh;
}

void parse_factors(const ConfigReader& reader, ModelConfig& config) {
  const Family& family = *config.family;
  const auto root = [](std::int64_t n) { return std::sqrt(static_cast<double>(n)); };
  config.embedding_scale =
      family.embeddings_by_root ? root(config.hidden_size) : reader(family.embedding_scale);
  config.residual_scale = reader(family.residual_scale);
  config.attention_scale = reader(family.attention_scale);
  if (const double scalar = reader(family.query_pre_attn_scalar); scalar > 0)
    config.attention_scale = 1 / std::sqrt(scalar);
  config.attention_softcap = reader(family.attention_softcap);
  config.logits = {.scale = 1 / reader(family.logit_divisor), .soft_cap = reader(family.logit_softcap)};
}

/// Whether each layer attends within a window.
std::vector<bool> windowed_layers(const ConfigReader& reader, const ModelConfig& config) {
  const Windows& windows = config.family->windows;
  const auto layers = static_cast<std::size_t>(config.num_hidden_layers);
  std::vector<bool> windowed(layers);
  const auto types = get_or<std::vector<std::string>>(reader.json, "layer_types", {}, reader.where);
  require(types.empty() || types.size() == layers, "{}: \"layer_types\" has {} entries for {} layers.",
          reader.where, types.size(), layers);
  for (const std::string& type : types)
    require(type == "full_attention" || type == "sliding_attention",
            "{}: \"layer_types\" names \"{}\"; nudge computes full_attention and sliding_attention.",
            reader.where, type);
  const auto every = static_cast<std::size_t>(reader(windows.full_every));
  const auto first =
      windows.first_layer.empty()
          ? 0
          : get_or<std::size_t>(reader.json, std::string(windows.first_layer), 28, reader.where);
  for (std::size_t i = 0; i < layers; ++i)
    windowed[i] =
        types.empty() ? i >= first && (every == 0 || (i + 1) % every != 0) : types[i] == "sliding_attention";
  return windowed;
}

/// What each layer sees, and which rotary embedding it has.
void parse_layers(const ConfigReader& reader, ModelConfig& config) {
  const Family& family = *config.family;
  if (family.windows.size.key.empty() && family.unrotated_every.key.empty()) return;
  const auto window =
      reader(family.windows.used) ? static_cast<std::int64_t>(reader(family.windows.size)) : 0;
  const std::vector<bool> windowed = windowed_layers(reader, config);
  const auto every = static_cast<std::int64_t>(reader(family.unrotated_every));
  const auto listed = get_or<std::vector<std::int64_t>>(reader.json, "no_rope_layers", {}, reader.where);
  require(every == 0 || listed.empty() || std::ssize(listed) == config.num_hidden_layers,
          "{}: \"no_rope_layers\" has {} entries for {} layers.", reader.where, listed.size(),
          config.num_hidden_layers);
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const bool local = windowed[static_cast<std::size_t>(i)];
    const bool rotated = every == 0 || (listed.empty() ? (i + 1) % every != 0 : listed[i] != 0);
    config.windows.push_back(local ? window : 0);
    config.layer_rotary.push_back(!rotated ? LayerRotary::none
                                  : local  ? LayerRotary::sliding
                                           : LayerRotary::full);
  }
}

void check_demands(const ConfigReader& reader, const Family& family) {
  for (const Switch& demanded : family.demanded) {
    if (demanded.key.empty()) continue;
    require(reader(demanded) == demanded.otherwise, "{}: \"{}\" is {}, which nudge does not support.",
            reader.where, demanded.key, !demanded.otherwise);
  }
}

/// Keys that are read and written under other names, or are nobody's but the writer's.
constexpr std::array kSuperseded = {"rope_scaling",
                                    "num_labels",
                                    "id2label",
                                    "label2id",
                                    "mean",
                                    "std",
                                    "transformers_version",
                                    "token_classification_bias"};

/// What config_json would not write is kept for it.
void keep_the_rest(const Json& json, ModelConfig& config) {
  const Json written = config_json(config);
  for (const auto& [key, value] : json.items()) {
    const bool superseded = std::ranges::find(kSuperseded, key) != kSuperseded.end();
    if (!superseded && !written.contains(key)) config.other[key] = value;
  }
}

/// That of the text model, with the special tokens that only the whole one tells. transformers writes only
/// what differs from the defaults of its class there, and goes by the outer tie_word_embeddings.
Json text_config(const Json& json, std::string_view where) {
  const auto outer = get_or<std::vector<std::string>>(json, "architectures", {}, where);
  require(outer.empty() || !outer.front().ends_with("Classification"),
          "{}: the architecture is \"{}\", a multimodal classifier; nudge reads the language model of a "
          "multimodal directory only.",
          where, outer.empty() ? "" : outer.front());
  Json text = json.at("text_config");
  text.erase("architectures");  // of a class that has no checkpoints of its own
  for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"})
    if (json.contains(key) && !text.contains(key)) text[key] = json.at(key);
  if (json.contains("tie_word_embeddings")) text["tie_word_embeddings"] = json.at("tie_word_embeddings");
  const Family& family = family_of(get_or<std::string>(text, "model_type", "llama", where), where);
  for (const auto& [key, size] : family.sizes)
    if (!key.empty() && !text.contains(key)) text[std::string(key)] = size;
  return text;
}

void refuse_quantized(const Json& json, std::string_view where) {
  const auto found = json.find("quantization_config");
  if (found == json.end() || !found->is_object()) return;
  fail(
      "{}: the weights are quantized ({}), which nudge does not read; take the model in bfloat16, float16 or "
      "float32, or a GGUF file of it (nudge import).",
      where, get_or<std::string>(*found, "quant_method", "by an unnamed method", where));
}

}  // namespace

std::int64_t ModelConfig::matmul_weights() const {
  const std::int64_t attention = (2 * num_attention_heads + 2 * num_key_value_heads) * head_dim;
  const std::int64_t layer = hidden_size * (attention + (family->gated ? 3 : 2) * intermediate_size);
  return num_hidden_layers * layer + hidden_size * (head == Head::language ? vocab_size : heads());
}

std::int64_t ModelConfig::context() const {
  return std::min({max_position_embeddings, rotary.full.fixed_up_to(), rotary.sliding.fixed_up_to()});
}

std::int64_t ModelConfig::longest() const {
  return context() + (family->names.positions.empty() ? kClosingRoom : 0);
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

bool has_text_config(const Json& json) {
  const auto found = json.find("text_config");
  return found != json.end() && found->is_object();
}

ModelConfig parse_config(const Json& json, std::string_view where) {
  require(json.is_object(), "{}: expected a JSON object, got {}.", where, json.type_name());
  refuse_quantized(json, where);
  if (has_text_config(json)) return parse_config(text_config(json, where), where);
  const ConfigReader reader{json, where};
  ModelConfig config;
  config.family = &family_of(reader.text_or("model_type", ""), where);
  const Family& family = *config.family;
  parse_head(reader, config);
  parse_shape(reader, config);
  check_demands(reader, family);
  if (family.names.positions.empty())
    config.rotary = parse_rotary(json, config.max_position_embeddings, family.rotary, where);
  parse_layers(reader, config);
  parse_factors(reader, config);
  parse_biases(reader, config);
  config.hidden_act = reader.text_or(family.keys.hidden_act, std::string(family.activation));
  config.activation = activation_of(config.hidden_act, family, where);
  config.parallel_residual = reader(family.parallel_residual);
  config.norm_eps = reader.positive_or(family.norm_eps.key, family.norm_eps.otherwise);
  config.initializer_range = reader.positive_or("initializer_range", 0.02);
  config.tie_word_embeddings = get_or<bool>(json, "tie_word_embeddings", family.tied, where);
  config.bos_token_id = reader.token("bos_token_id");
  config.eos_token_ids = token_ids(json, "eos_token_id", where);
  config.pad_token_id = reader.token("pad_token_id");
  if (config.head == Head::scalar) config.reward_heads = parse_heads(reader);
  keep_the_rest(json, config);
  return config;
}

}  // namespace nudge
