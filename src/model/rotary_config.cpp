#include "model/rotary_config.h"

#include <cmath>
#include <string>

#include "base/error.h"

namespace nudge {

namespace {

constexpr const char *kFull = "full_attention", *kSliding = "sliding_attention";

/// A member that is there and holds something, or null.
const Json& object_or_null(const Json& json, const char* key, std::string_view where) {
  static const Json kNull;
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return kNull;
  require(found->is_object(), "{}: \"{}\" must be an object or null.", where, key);
  return found->empty() ? kNull : *found;
}

double positive(const Json& json, std::string_view key, double otherwise, std::string_view where) {
  const auto value = get_or<double>(json, std::string(key), otherwise, where);
  require(std::isfinite(value) && value > 0, "{}: \"{}\" must be a positive number, got {}.", where, key,
          value);
  return value;
}

RotaryKind parse_kind(const Json& json, std::string_view where) {
  const auto old_name = get_or<std::string>(json, "type", "default", where);
  const auto name = get_or<std::string>(json, "rope_type", old_name, where);
  // What Phi-3's first files called longrope.
  if (name == "su" || (name == "yarn" && json.contains("short_factor"))) return RotaryKind::longrope;
  for (const auto& [kind, its_name] : kRotaryKinds) {
    if (name == its_name) return kind;
  }
  throw Error(
      fmt::format("{}: \"rope_type\" asks for the rotary embedding \"{}\"; nudge computes default, "
                  "linear, dynamic, llama3, yarn and longrope.",
                  where, name));
}

/// `json` is "rope_scaling", "rope_parameters" or a part of the latter; `start` what holds without it.
RotaryOptions parse_options(const Json& json, RotaryOptions start, std::string_view where) {
  if (json.is_null()) return start;
  RotaryOptions o = std::move(start);
  o.kind = parse_kind(json, where);
  o.theta = positive(json, "rope_theta", o.theta, where);
  o.partial_rotary_factor = positive(json, "partial_rotary_factor", o.partial_rotary_factor, where);
  if (o.kind == RotaryKind::plain) return o;
  const bool stretches =
      o.kind == RotaryKind::linear || o.kind == RotaryKind::dynamic || o.kind == RotaryKind::llama3;
  o.factor = get_or<double>(json, "factor", 0, where);
  require(stretches ? o.factor > 0 : o.factor >= 0,
          "{}: the rotary embedding needs a positive \"factor\", got {}.", where, o.factor);
  o.original_length =
      get_or<std::int64_t>(json, "original_max_position_embeddings", o.original_length, where);
  require(o.original_length > 0, "{}: \"original_max_position_embeddings\" must be positive, got {}.", where,
          o.original_length);
  o.low_freq_factor = positive(json, "low_freq_factor", o.low_freq_factor, where);
  o.high_freq_factor = positive(json, "high_freq_factor", o.high_freq_factor, where);
  o.beta_fast = positive(json, "beta_fast", o.beta_fast, where);
  o.beta_slow = positive(json, "beta_slow", o.beta_slow, where);
  o.truncate = get_or<bool>(json, "truncate", true, where);
  o.mscale = get_or<double>(json, "mscale", 0, where);
  o.mscale_all_dim = get_or<double>(json, "mscale_all_dim", 0, where);
  if (const auto given = get_or<Json>(json, "attention_factor", Json(), where); !given.is_null())
    o.attention_factor = positive(json, "attention_factor", 1, where);
  o.short_factor = get_or<std::vector<double>>(json, "short_factor", {}, where);
  o.long_factor = get_or<std::vector<double>>(json, "long_factor", {}, where);
  return o;
}

/// rope_parameters of transformers 5.
Json parameters_json(const RotaryOptions& o, const RotaryFormat& format) {
  Json json{{"rope_theta", o.theta}};
  for (const auto& [kind, name] : kRotaryKinds) {
    if (kind == o.kind) json["rope_type"] = name;
  }
  if (o.partial_rotary_factor != 1 || format.partial != 1)
    json["partial_rotary_factor"] = o.partial_rotary_factor;
  if (o.kind == RotaryKind::plain) return json;
  if (o.factor > 0) json["factor"] = o.factor;
  if (o.kind == RotaryKind::linear || o.kind == RotaryKind::dynamic) return json;
  json["original_max_position_embeddings"] = o.original_length;
  if (o.kind == RotaryKind::llama3) {
    json["low_freq_factor"] = o.low_freq_factor;
    json["high_freq_factor"] = o.high_freq_factor;
    return json;
  }
  if (o.attention_factor) json["attention_factor"] = *o.attention_factor;
  if (o.kind == RotaryKind::longrope) {
    json["short_factor"] = o.short_factor;
    json["long_factor"] = o.long_factor;
    return json;
  }
  json["beta_fast"] = o.beta_fast;
  json["beta_slow"] = o.beta_slow;
  if (!o.truncate) json["truncate"] = false;
  if (o.mscale != 0) json["mscale"] = o.mscale;
  if (o.mscale_all_dim != 0) json["mscale_all_dim"] = o.mscale_all_dim;
  return json;
}

/// rope_scaling of transformers 4, whose Phi-3 refuses any but these three keys of longrope. (5 reads this
/// before rope_parameters, so that nothing may be left out.)
Json scaling_json(const RotaryOptions& o, const RotaryFormat& format) {
  if (o.kind == RotaryKind::longrope && o.factor == 0 && !o.attention_factor)
    return {{"type", "longrope"}, {"short_factor", o.short_factor}, {"long_factor", o.long_factor}};
  Json json = parameters_json(o, format);
  json.erase("rope_theta");
  json.erase("partial_rotary_factor");
  return json;
}

ModelRotary parse_all(const Json& config, std::int64_t context, const RotaryFormat& format,
                      std::string_view where) {
  const Json& scaling = object_or_null(config, "rope_scaling", where);
  const Json& parameters = object_or_null(config, "rope_parameters", where);
  RotaryOptions start;
  start.theta = positive(config, format.theta_key, format.theta, where);
  start.partial_rotary_factor = positive(config, format.partial_key, format.partial, where);
  start.max_length = context;
  start.original_length =
      get_or<std::int64_t>(config, "original_max_position_embeddings",
                           format.original_length > 0 ? format.original_length : context, where);
  if (!format.by_layer_type) {
    const RotaryOptions all = parse_options(scaling.is_null() ? parameters : scaling, start, where);
    return {all, all};
  }
  auto sliding = start;
  sliding.theta = positive(config, format.sliding_theta_key, format.sliding_theta, where);
  const auto part = [&](const char* type) -> const Json& {
    if (parameters.is_null()) return parameters;
    return parameters.contains(kFull) || parameters.contains(kSliding)
               ? object_or_null(parameters, type, where)
               : parameters;
  };
  const RotaryOptions full = parse_options(part(kFull), start, where);
  return {parse_options(scaling, full, where), parse_options(part(kSliding), sliding, where)};
}

}  // namespace

ModelRotary parse_rotary(const Json& config, std::int64_t context, const RotaryFormat& format,
                         std::string_view where) {
  const ModelRotary rotary = parse_all(config, context, format, where);
  for (const RotaryOptions& each : {rotary.full, rotary.sliding})
    require(format.turns_part || each.partial_rotary_factor == 1,
            "{}: \"partial_rotary_factor\" is {}, and in this family whole heads turn.", where,
            each.partial_rotary_factor);
  return rotary;
}

void write_rotary(const ModelRotary& rotary, const RotaryFormat& format, Json& config) {
  const RotaryOptions& full = rotary.full;
  config[std::string(format.theta_key)] = full.theta;
  if (full.partial_rotary_factor != 1 || format.partial != 1)
    config[std::string(format.partial_key)] = full.partial_rotary_factor;
  if (format.by_layer_type && format.sliding_theta_key != format.theta_key)
    config[std::string(format.sliding_theta_key)] = rotary.sliding.theta;
  if (full.kind != RotaryKind::plain) config["rope_scaling"] = scaling_json(full, format);
  if (full.kind == RotaryKind::longrope) config["original_max_position_embeddings"] = full.original_length;
  config["rope_parameters"] = format.by_layer_type ? Json{{kFull, parameters_json(full, format)},
                                                          {kSliding, parameters_json(rotary.sliding, format)}}
                                                   : parameters_json(full, format);
}

}  // namespace nudge
