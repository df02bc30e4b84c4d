#include <optional>
#include <string>

#include "base/token_ids.h"
#include "model/config.h"

namespace nudge {

namespace {

void write_head(const ModelConfig& config, Json& json) {
  if (config.head == Head::language) return;
  json["num_labels"] = config.heads();
  if (config.labels_tokens && !config.score_bias) json["token_classification_bias"] = false;
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

Json config_json(const ModelConfig& config) {
  const Family& family = *config.family;
  Json json;
  const auto write = [&](std::string_view key, const Json& value) {
    if (!key.empty()) json[std::string(key)] = value;
  };
  json["architectures"] = Json::array({config.head == Head::language ? family.language
                                       : config.labels_tokens        ? family.tokens
                                                                     : family.scalar});
  json["model_type"] = family.model_type;
  json["vocab_size"] = config.vocab_size;
  write(family.keys.hidden_size, config.hidden_size);
  write(family.keys.intermediate_size, config.intermediate_size);
  write(family.keys.num_hidden_layers, config.num_hidden_layers);
  write(family.keys.num_attention_heads, config.num_attention_heads);
  json["num_key_value_heads"] = config.num_key_value_heads;
  json["head_dim"] = config.head_dim;
  write(family.keys.max_position_embeddings, config.max_position_embeddings);
  write(family.norm_eps.key, config.norm_eps);
  if (family.names.positions.empty()) write_rotary(config.rotary, family.rotary, json);
  write(family.keys.hidden_act, config.hidden_act);
  write(family.qkv_bias.key, config.qkv_bias);
  write(family.output_bias.key, config.output_bias);
  write(family.mlp_bias.key, config.mlp_bias);
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
