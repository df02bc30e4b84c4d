#include "gguf/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/token_ids.h"
#include "gguf/dequantize.h"
#include "gguf/rope.h"
#include "gguf/vocabulary.h"

namespace nudge::gguf {

namespace {

constexpr std::array kReadKeys = {"context_length",
                                  "embedding_length",
                                  "block_count",
                                  "feed_forward_length",
                                  "attention.head_count",
                                  "attention.head_count_kv",
                                  "attention.key_length",
                                  "attention.value_length",
                                  "attention.layer_norm_rms_epsilon",
                                  "rope.dimension_count",
                                  "rope.freq_base",
                                  "rope.scaling.type",
                                  "rope.scaling.factor",
                                  "rope.scaling.original_context_length",
                                  "rope.scaling.finetuned",
                                  "rope.scale_linear",
                                  "expert_count",
                                  "vocab_size"};
constexpr std::array kReadKeysOfGemma3 = {"attention.sliding_window", "attention.sliding_window_pattern",
                                          "rope.freq_base_swa", "attn_logit_softcapping",
                                          "final_logit_softcapping"};

bool is_gemma3(const Architecture& architecture) {
  return std::string_view(architecture.name) == "gemma3";
}

/// 1e-6 for the fp32 number nearest to it, as it was written before it became one.
double decimal(double number) {
  const auto text = fmt::format("{}", static_cast<float>(number));
  double shortest = number;
  std::from_chars(text.data(), text.data() + text.size(), shortest);
  return shortest;
}

/// The metadata of one architecture, by keys without its name.
struct Reader {
  const File& file;
  const Metadata& metadata = file.metadata();
  const Architecture& architecture = Architecture::of(metadata);

  std::string key(const std::string& rest) const { return fmt::format("{}.{}", architecture.name, rest); }

  template <class T>
  std::optional<T> maybe(const std::string& rest) const {
    return metadata.maybe<T>(key(rest));
  }
  std::int64_t size(const std::string& rest) const { return metadata.get<std::int64_t>(key(rest)); }
  /// One number, or one for each layer that are all the same.
  std::int64_t size_of_all(const std::string& rest) const {
    const Value* value = metadata.find(key(rest));
    if (!value || !std::holds_alternative<List>(*value)) return size(rest);
    const auto all = metadata.get<std::vector<std::int64_t>>(key(rest));
    const bool same = !all.empty() && std::ranges::count(all, all[0]) == std::ssize(all);
    require(same, "{}: \"{}\" differs from layer to layer, which nudge does not support.", metadata.where(),
            key(rest));
    return all[0];
  }
  std::optional<double> number(const std::string& rest) const {
    const auto value = maybe<double>(rest);
    require(!value || (std::isfinite(*value) && *value >= 0), "{}: \"{}\" must be a number of 0 or more.",
            metadata.where(), key(rest));
    return value ? std::optional(decimal(*value)) : std::nullopt;
  }
};

void read_shape(const Reader& reader, Json& config) {
  const auto experts = reader.maybe<std::int64_t>("expert_count").value_or(0);
  require(experts == 0, "{}: this is a mixture of {} experts, which nudge does not support.",
          reader.metadata.where(), experts);
  const TensorInfo* embeddings = reader.file.find("token_embd.weight");
  require(embeddings != nullptr && embeddings->shape.size() == 2,
          "{}: the tensor \"token_embd.weight\" is missing.", reader.metadata.where());
  const auto hidden = reader.size("embedding_length"), heads = reader.size_of_all("attention.head_count");
  require(heads >= 1 && hidden >= heads, "{}: {} heads for a width of {}.", reader.metadata.where(), heads,
          hidden);
  config["vocab_size"] = embeddings->shape[0];
  config["hidden_size"] = hidden;
  config["intermediate_size"] = reader.size_of_all("feed_forward_length");
  config["num_hidden_layers"] = reader.size("block_count");
  config["num_attention_heads"] = heads;
  config["num_key_value_heads"] = reader.metadata.find(reader.key("attention.head_count_kv"))
                                      ? reader.size_of_all("attention.head_count_kv")
                                      : heads;
  const auto head = reader.maybe<std::int64_t>("attention.key_length").value_or(hidden / heads);
  const auto values = reader.maybe<std::int64_t>("attention.value_length").value_or(head);
  const auto rotated = reader.maybe<std::int64_t>("rope.dimension_count").value_or(head);
  require(values == head && rotated == head,
          "{}: heads of {} numbers with values of {} and {} rotated: nudge supports one size only.",
          reader.metadata.where(), head, values, rotated);
  config["head_dim"] = head;
  config["max_position_embeddings"] = reader.size("context_length");
  config["rms_norm_eps"] = reader.number("attention.layer_norm_rms_epsilon").value_or(1e-6);
}

/// The rotary embedding of `rope.scaling.*` and `rope_freqs.weight` as transformers names it.
Json rope_parameters(const Reader& reader, double theta, std::int64_t head) {
  const std::string& where = reader.metadata.where();
  Json rope = {{"rope_theta", theta}, {"rope_type", "default"}};
  const auto old_factor = reader.number("rope.scale_linear").value_or(1);
  const auto factor = reader.number("rope.scaling.factor").value_or(old_factor);
  const auto type = reader.maybe<std::string>("rope.scaling.type").value_or("linear");
  const auto original = reader.maybe<std::int64_t>("rope.scaling.original_context_length");
  require(type == "linear" || type == "yarn" || type == "none",
          "{}: the rotary scaling is \"{}\"; nudge reads linear, yarn and rope_freqs.weight.", where, type);
  if (type != "none" && factor != 1 && factor != 0) {
    rope["rope_type"] = type;
    rope["factor"] = factor;
    if (type == "yarn" && original) rope["original_max_position_embeddings"] = *original;
  }
  const TensorInfo* tensor = reader.file.find("rope_freqs.weight");
  if (!tensor) return rope;
  require(rope["rope_type"] == "default",
          "{}: rope_freqs.weight beside a rotary scaling of the type {} is not supported.", where, type);
  require(tensor->shape.size() == 1 && 2 * tensor->count() == head,
          "{}: rope_freqs.weight must hold a number for each pair of the {} in a head.", where, head);
  std::vector<float> factors(tensor->count());
  dequantize(*tensor, factors);
  if (std::ranges::count(factors, 1.0f) == std::ssize(factors)) return rope;
  const auto llama3 = llama3_rope(factors, theta, original);
  require(llama3.has_value(),
          "{}: rope_freqs.weight does not hold Llama 3's factors, the only ones that nudge reads.", where);
  rope["rope_type"] = "llama3";
  rope["factor"] = llama3->factor;
  rope["low_freq_factor"] = llama3->low_freq_factor;
  rope["high_freq_factor"] = llama3->high_freq_factor;
  rope["original_max_position_embeddings"] = llama3->original_length;
  return rope;
}

/// A rope_parameters again as transformers 4 reads it.
void write_rope(Json& config, const Json& rope) {
  config["rope_theta"] = rope["rope_theta"];
  Json scaling = rope;
  scaling.erase("rope_theta");
  config["rope_scaling"] = rope["rope_type"] == "default" ? Json() : scaling;
}

/// Llama and Qwen: one rotary embedding, biases as the tensors have them.
void read_llama(const Reader& reader, Json& config) {
  config["hidden_act"] = "silu";
  const Json rope = rope_parameters(reader, reader.number("rope.freq_base").value_or(10000),
                                    config["head_dim"].get<std::int64_t>());
  write_rope(config, rope);
  config["rope_parameters"] = rope;
  if (std::string_view(reader.architecture.name) == "qwen2") return;  // its biases are not asked for
  config["attention_bias"] = reader.file.find("blk.0.attn_q.bias") != nullptr;
  config["attention_dropout"] = 0.0;
  if (std::string_view(reader.architecture.name) == "llama") config["mlp_bias"] = false;
}

/// Gemma 3: windows but for every sixth layer, each kind with a rotary embedding of its own.
void read_gemma3(const Reader& reader, Json& config) {
  constexpr std::int64_t kPattern = 6, kLayersOf27B = 62;
  const auto layers = config["num_hidden_layers"].get<std::int64_t>();
  const auto pattern = reader.key("attention.sliding_window_pattern");
  const Value* said = reader.metadata.find(pattern);
  const bool listed = said && std::holds_alternative<List>(*said);
  const auto windowed = listed ? reader.metadata.get<std::vector<bool>>(pattern) : std::vector<bool>{};
  const auto every = listed ? 0 : reader.metadata.get_or<std::int64_t>(pattern, kPattern);
  require(listed ? std::ssize(windowed) >= layers : every >= 1,
          "{}: \"{}\" does not say which layers have a window.", reader.metadata.where(), pattern);
  Json types = Json::array();
  for (std::int64_t layer = 0; layer < layers; ++layer)
    types.push_back((listed ? bool{windowed[layer]} : (layer + 1) % every != 0) ? "sliding_attention"
                                                                                : "full_attention");
  const auto head = config["head_dim"].get<std::int64_t>();
  const Json full = rope_parameters(reader, reader.number("rope.freq_base").value_or(1e6), head);
  const double local = reader.number("rope.freq_base_swa").value_or(10000);
  config["hidden_activation"] = "gelu_pytorch_tanh";
  config["attention_bias"] = false;
  config["attention_dropout"] = 0.0;
  config["query_pre_attn_scalar"] =
      layers == kLayersOf27B
          ? config["hidden_size"].get<std::int64_t>() / config["num_attention_heads"].get<std::int64_t>()
          : head;
  config["sliding_window"] = reader.size("attention.sliding_window");
  config["layer_types"] = std::move(types);
  for (const auto* cap : {"attn_logit_softcapping", "final_logit_softcapping"}) {
    const auto value = reader.number(cap);
    config[cap] = value && *value > 0 ? Json(*value) : Json();
  }
  write_rope(config, full);
  config["rope_local_base_freq"] = local;
  if (!listed) config["sliding_window_pattern"] = every;
  config["rope_parameters"] = {{"full_attention", full},
                               {"sliding_attention", {{"rope_theta", local}, {"rope_type", "default"}}}};
}

void read_tokens(const Metadata& metadata, Json& config) {
  const Vocabulary vocabulary(metadata);
  const auto id = [](const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(); };
  require(std::ssize(vocabulary.tokens) <= config["vocab_size"].get<std::int64_t>(),
          "{}: {} tokens for {} rows of embeddings.", metadata.where(), vocabulary.tokens.size(),
          config["vocab_size"].get<std::int64_t>());
  config["bos_token_id"] = id(vocabulary.bos);
  config["eos_token_id"] = token_ids_json(vocabulary.ends());
  config["pad_token_id"] = id(vocabulary.padding);
}

}  // namespace

Json config_of(const File& file) {
  const Reader reader{file};
  Json config;
  config["architectures"] = Json::array({reader.architecture.class_name});
  config["model_type"] = reader.architecture.model_type;
  read_shape(reader, config);
  Sizes::of(config, file.metadata().where());  // refuses what no model can have
  if (is_gemma3(reader.architecture))
    read_gemma3(reader, config);
  else
    read_llama(reader, config);
  config["tie_word_embeddings"] = file.find("output.weight") == nullptr;
  config["initializer_range"] = 0.02;
  read_tokens(file.metadata(), config);
  config["dtype"] = "float32";
  config["torch_dtype"] = "float32";  // its name up to transformers 4
  return config;
}

std::vector<std::string> unread_keys(const Metadata& metadata) {
  const Architecture& architecture = Architecture::of(metadata);
  const std::string prefix = fmt::format("{}.", architecture.name);
  const auto among = [](const auto& keys, std::string_view key) {
    return std::ranges::find(keys, key) != keys.end();
  };
  std::vector<std::string> unread;
  for (const auto& [key, value] : metadata.entries()) {
    if (!key.starts_with(prefix)) continue;
    const auto rest = key.substr(prefix.size());
    if (!among(kReadKeys, rest) && !(is_gemma3(architecture) && among(kReadKeysOfGemma3, rest)))
      unread.push_back(key);
  }
  return unread;
}

}  // namespace nudge::gguf
