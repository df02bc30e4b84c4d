// config.json in the words of GGUF: the way back of config.cpp.

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "gguf/config.h"
#include "gguf/rope.h"

namespace nudge::gguf {

namespace {

constexpr std::int64_t kUsualPattern = 6;
constexpr double kUsualLocalBase = 10000;

/// A config.json with its place, for messages.
struct Given {
  const Json& config;
  const std::string& where;

  template <class T>
  T get_or(const char* key, T fallback) const {
    return nudge::get_or<T>(config, key, std::move(fallback), where);
  }
  void require_value(const char* key, const Json& needed) const {
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) return;
    require(*found == needed, "{}: \"{}\" is {}; llama.cpp computes {} only.", where, key, to_line(*found),
            to_line(needed));
  }
};

bool is_gemma(const Given& given) {
  return given.get_or<std::string>("model_type", "") == "gemma3_text";
}

/// The rotary embedding of (the full attention of) a config.json of transformers 4 or 5, in the form of 5.
Json rope_of(const Given& given, const char* layers = "full_attention", const char* base = "rope_theta") {
  Json rope = given.get_or<Json>("rope_parameters", Json());
  if (rope.is_object() && rope.contains(layers)) rope = rope[layers];
  if (!rope.is_object())
    rope = std::string_view(base) == "rope_theta" ? given.get_or<Json>("rope_scaling", Json()) : Json();
  if (!rope.is_object()) rope = Json::object();
  if (!rope.contains("rope_theta")) rope["rope_theta"] = given.get_or<double>(base, kUsualLocalBase);
  if (!rope.contains("rope_type"))
    rope["rope_type"] = nudge::get_or<std::string>(rope, "type", "default", given.where);
  return rope;
}

std::optional<Llama3Rope> llama3_of(const Json& rope, const std::string& where) {
  if (rope["rope_type"] != "llama3") return std::nullopt;
  return Llama3Rope{nudge::get<double>(rope, "factor", where),
                    nudge::get<double>(rope, "low_freq_factor", where),
                    nudge::get<double>(rope, "high_freq_factor", where),
                    nudge::get<std::int64_t>(rope, "original_max_position_embeddings", where)};
}

/// Keys of one architecture, numbers in the types that llama.cpp reads.
struct Writer {
  Metadata& metadata;
  std::string prefix;

  void size(const char* key, std::int64_t value) {
    metadata.add(prefix + key, static_cast<std::uint32_t>(value));
  }
  void number(const char* key, double value) { metadata.add(prefix + key, static_cast<float>(value)); }
};

/// Settings of a rotary embedding that GGUF has no words for, or that nudge does not write, with the value
/// that changes nothing.
void check_rope(const Json& rope, const Given& given) {
  const std::pair<const char*, Json> idle[] = {{"partial_rotary_factor", 1},
                                               {"attention_factor", nullptr},
                                               {"beta_fast", 32},
                                               {"beta_slow", 1},
                                               {"mscale", 0},
                                               {"mscale_all_dim", 0},
                                               {"truncate", true}};
  for (const auto& [key, value] : idle) {
    const auto found = rope.find(key);
    require(found == rope.end() || found->is_null() || *found == value,
            "{}: the rotary embedding sets \"{}\", which nudge does not write to GGUF.", given.where, key);
  }
}

void write_rope_scaling(Writer& writer, const Json& rope, const Given& given) {
  check_rope(rope, given);
  const auto type = rope["rope_type"].get<std::string>();
  if (type == "default" || type == "llama3") return;  // llama3: in rope_freqs.weight
  require(type == "linear" || type == "yarn",
          "{}: the rotary embedding is \"{}\", for which GGUF has no words; it has for default, linear, "
          "llama3 and yarn.",
          given.where, type);
  writer.metadata.add(writer.prefix + "rope.scaling.type", type);
  writer.number("rope.scaling.factor", nudge::get<double>(rope, "factor", given.where));
  if (type == "yarn")
    writer.size(
        "rope.scaling.original_context_length",
        nudge::get_or<std::int64_t>(rope, "original_max_position_embeddings",
                                    given.get_or<std::int64_t>("max_position_embeddings", 0), given.where));
}

/// Layers with a window for one without; Error when they do not come in such a rhythm.
std::int64_t window_pattern(const Given& given) {
  const auto types = given.get_or<std::vector<std::string>>("layer_types", {});
  if (types.empty()) return given.get_or<std::int64_t>("sliding_window_pattern", kUsualPattern);
  const auto first = std::ranges::find(types, "full_attention") - types.begin();
  const std::int64_t pattern =
      first == std::ssize(types) ? std::max(kUsualPattern, std::ssize(types) + 1) : first + 1;
  for (std::int64_t layer = 0; layer < std::ssize(types); ++layer)
    require((types[layer] == "full_attention") == ((layer + 1) % pattern == 0),
            "{}: \"layer_types\" follow no rhythm, which GGUF cannot say.", given.where);
  return pattern;
}

void write_gemma3(Writer& writer, const Given& given, const Sizes& sizes) {
  constexpr std::int64_t kLayersOf27B = 62;
  given.require_value("hidden_activation", "gelu_pytorch_tanh");
  given.require_value("query_pre_attn_scalar",
                      sizes.layers == kLayersOf27B ? sizes.hidden / sizes.heads : sizes.head);
  writer.size("attention.sliding_window",
              nudge::get<std::int64_t>(given.config, "sliding_window", given.where));
  if (const auto pattern = window_pattern(given); pattern != kUsualPattern)
    writer.size("attention.sliding_window_pattern", pattern);
  const Json sliding = rope_of(given, "sliding_attention", "rope_local_base_freq");
  require(sliding["rope_type"] == "default",
          "{}: layers with a window have the rotary embedding {}; llama.cpp computes the default one only.",
          given.where, to_line(sliding["rope_type"]));
  check_rope(sliding, given);
  const auto local = sliding["rope_theta"].get<double>();
  if (local != kUsualLocalBase) writer.number("rope.freq_base_swa", local);
  if (const double cap = given.get_or<double>("final_logit_softcapping", 0); cap > 0)
    writer.number("final_logit_softcapping", cap);
  given.require_value("attn_logit_softcapping", Json());
}

void write_llama(Writer& writer, const Given& given, const Sizes& sizes) {
  given.require_value("hidden_act", "silu");
  given.require_value("mlp_bias", false);
  given.require_value("use_sliding_window", false);
  given.require_value("partial_rotary_factor", 1);
  if (given.get_or<std::string>("model_type", "") != "llama") {
    given.require_value("attention_bias", false);
    return;
  }
  writer.size("vocab_size", sizes.vocabulary);
  writer.size("rope.dimension_count", sizes.head);
}

}  // namespace

Metadata metadata_of(const Json& config, const std::string& name, const std::string& where) {
  const Given given{config, where};
  const Architecture& architecture = Architecture::of(config, where);
  const Sizes sizes = Sizes::of(config, where);
  Metadata metadata(where);
  metadata.add("general.architecture", std::string(architecture.name));
  metadata.add("general.type", std::string("model"));
  metadata.add("general.name", name);
  Writer writer{metadata, fmt::format("{}.", architecture.name)};
  writer.size("block_count", sizes.layers);
  writer.size("context_length", nudge::get<std::int64_t>(config, "max_position_embeddings", where));
  writer.size("embedding_length", sizes.hidden);
  writer.size("feed_forward_length", sizes.feed_forward);
  writer.size("attention.head_count", sizes.heads);
  writer.size("attention.head_count_kv", sizes.key_heads);
  const Json rope = rope_of(given);
  writer.number("rope.freq_base", rope["rope_theta"].get<double>());
  writer.number("attention.layer_norm_rms_epsilon", given.get_or<double>("rms_norm_eps", 1e-6));
  writer.size("attention.key_length", sizes.head);
  writer.size("attention.value_length", sizes.head);
  if (is_gemma(given))
    write_gemma3(writer, given, sizes);
  else
    write_llama(writer, given, sizes);
  write_rope_scaling(writer, rope, given);
  return metadata;
}

std::vector<float> rope_factors_of(const Json& config, const std::string& where) {
  const Json rope = rope_of({config, where});
  const auto llama3 = llama3_of(rope, where);
  if (!llama3) return {};
  return llama3->factors(Sizes::of(config, where).head, rope["rope_theta"].get<double>());
}

}  // namespace nudge::gguf
