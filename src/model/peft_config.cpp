#include "model/peft_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/error.h"

namespace nudge {

namespace {

/// Keys that change what is computed in a way that is not read here, unless they are null, false or empty.
constexpr std::array<std::string_view, 12> kRefused{"use_dora",
                                                    "use_qalora",
                                                    "use_bdlora",
                                                    "lora_bias",
                                                    "layer_replication",
                                                    "target_parameters",
                                                    "arrow_config",
                                                    "kasa_config",
                                                    "monteclora_config",
                                                    "velora_config",
                                                    "trainable_token_indices",
                                                    "alora_invocation_tokens"};

bool absent(const Json& json, std::string_view key) {
  const auto found = json.find(std::string(key));
  return found == json.end() || found->is_null() || *found == false ||
         (found->is_structured() && found->empty());
}

/// Starts that leave the base as it is. PiSSA, OLoRA, CorDA, LoftQ and LoRA-GA subtract from it.
bool keeps_base(const Json& start) {
  constexpr std::array<std::string_view, 3> kept{"gaussian", "eva", "orthogonal"};
  return start.is_null() || start.is_boolean() ||
         (start.is_string() && std::ranges::find(kept, start.get<std::string>()) != kept.end());
}

void refuse_what_is_not_read(const Json& json, const std::string& where) {
  const auto type = get_or<std::string>(json, "peft_type", "", where);
  require(type == "LORA", "{}: peft_type is \"{}\"; nudge reads \"LORA\".", where, type);
  const auto bias = get_or<std::string>(json, "bias", "none", where);
  require(bias == "none", "{}: bias is \"{}\"; nudge reads adapters that train no biases (\"none\").", where,
          bias);
  for (const std::string_view key : kRefused)
    require(absent(json, key),
            "{}: {} is set, a kind of adapters that nudge does not read; merge them with peft.", where, key);
  const auto start = json.find("init_lora_weights");
  require(start == json.end() || keeps_base(*start),
          "{}: init_lora_weights is {}, which changes the base model as well; save the adapters with PEFT's "
          "path_initial_model_for_weight_conversion, which makes plain ones of them.",
          where, start == json.end() ? "" : start->dump());
}

std::vector<PeftPattern> patterns(const Json& json, const std::string& key, const std::string& where) {
  std::vector<PeftPattern> all;
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return all;
  for (const auto& [name, _] : found->items())
    all.emplace_back(name, get<double>(*found, name, where), fmt::format("{}: {}", where, key));
  return all;
}

std::vector<std::string> names(const Json& json, const char* key, const std::string& where) {
  return get_or<std::vector<std::string>>(json, key, {}, where);
}

/// PEFT's get_pattern_key.
double first_fitting(const std::vector<PeftPattern>& patterns, const std::string& module, double otherwise) {
  for (const PeftPattern& each : patterns)
    if (each.fits.found_in(module).value_or(false)) return each.value;
  return otherwise;
}

}  // namespace

PeftPattern::PeftPattern(const std::string& text, double value, const std::string& where)
    : text(text), value(value), fits([&] {
        try {
          return RegularExpression(fmt::format("^(?:.*\\.)?(?:{})$", text));
        } catch (const Error& error) {
          fail("{}: \"{}\" is not a pattern of names: {}", where, text, error.what());
        }
      }()) {
  require(value > 0, "{}: \"{}\" stands for {}; ranks and alphas are above 0.", where, text, value);
}

std::int64_t PeftConfig::rank_of(const std::string& module) const {
  return static_cast<std::int64_t>(first_fitting(rank_pattern, module, static_cast<double>(rank)));
}

double PeftConfig::scale_of(const std::string& module) const {
  const auto r = static_cast<double>(rank_of(module));
  return first_fitting(alpha_pattern, module, alpha) / (rslora ? std::sqrt(r) : r);
}

PeftConfig read_peft_config(const std::filesystem::path& file) {
  const std::string where = file.string();
  const Json json = read_json(file);
  refuse_what_is_not_read(json, where);
  PeftConfig config{.base = get_or<std::string>(json, "base_model_name_or_path", "", where),
                    .revision = get_or<std::string>(json, "revision", "", where),
                    .task_type = get_or<std::string>(json, "task_type", "", where),
                    .rank = get_or<std::int64_t>(json, "r", 8, where),
                    .alpha = get_or<double>(json, "lora_alpha", 8, where),
                    .rslora = get_or<bool>(json, "use_rslora", false, where),
                    .modules_to_save = names(json, "modules_to_save", where),
                    .ties_weights = get_or<bool>(json, "ensure_weight_tying", false, where),
                    .rank_pattern = patterns(json, "rank_pattern", where),
                    .alpha_pattern = patterns(json, "alpha_pattern", where)};
  require(config.rank > 0, "{}: r is {}; a rank is above 0.", where, config.rank);
  for (const PeftPattern& each : config.rank_pattern)
    require(each.value == std::floor(each.value), "{}: the rank of \"{}\" is {}; a rank is a whole number.",
            where, each.text, each.value);
  const bool some_layers = !absent(json, "layers_to_transform") || !absent(json, "exclude_modules");
  const auto targets = json.find("target_modules");
  if (targets == json.end() || some_layers) return config;
  if (targets->is_array()) config.targets = names(json, "target_modules", where);
  if (*targets == "all-linear") config.targets = {"all-linear"};
  return config;
}

Json peft_config_json(const PeftConfig& config, bool transposed) {
  const auto number = [](double value) {
    return value == std::floor(value) ? Json(static_cast<std::int64_t>(value)) : Json(value);
  };
  Json ranks = Json::object(), alphas = Json::object();
  for (const PeftPattern& each : config.rank_pattern) ranks[each.text] = number(each.value);
  for (const PeftPattern& each : config.alpha_pattern) alphas[each.text] = number(each.value);
  return {{"alpha_pattern", alphas},
          {"auto_mapping", nullptr},
          {"base_model_name_or_path", config.base},
          {"bias", "none"},
          {"ensure_weight_tying", config.ties_weights},
          {"exclude_modules", nullptr},
          {"fan_in_fan_out", transposed},
          {"inference_mode", true},
          {"init_lora_weights", true},
          {"layers_pattern", nullptr},
          {"layers_to_transform", nullptr},
          {"lora_alpha", number(config.alpha)},
          {"lora_bias", false},
          {"lora_dropout", 0.0},
          {"modules_to_save", config.modules_to_save.empty() ? Json() : Json(config.modules_to_save)},
          {"peft_type", "LORA"},
          {"peft_version", "0.21.2"},
          {"r", config.rank},
          {"rank_pattern", ranks},
          {"revision", config.revision.empty() ? Json() : Json(config.revision)},
          {"target_modules", config.targets},
          {"task_type", config.task_type},
          {"use_dora", false},
          {"use_rslora", config.rslora}};
}

}  // namespace nudge
