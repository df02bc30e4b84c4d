#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "base/token_ids.h"
#include "model/family.h"

namespace nudge {

/// Reads keys of one config.json, each with its limits. Every function throws Error naming the key.
struct ConfigReader {
  const Json& json;
  std::string_view where;

  std::int64_t size(std::string_view key, std::int64_t limit) const {
    return bounded(key, get<std::int64_t>(json, std::string(key), where), limit);
  }
  std::int64_t size_or(std::string_view key, std::int64_t fallback, std::int64_t limit) const {
    return bounded(key, get_or<std::int64_t>(json, std::string(key), fallback, where), limit);
  }
  double positive_or(std::string_view key, double fallback) const {
    const auto value = get_or<double>(json, std::string(key), fallback, where);
    require(std::isfinite(value) && value > 0, "{}: \"{}\" must be a positive number, got {}.", where, key,
            value);
    return value;
  }
  bool operator()(const Switch& key) const {
    return key.key.empty() ? key.otherwise : get_or<bool>(json, std::string(key.key), key.otherwise, where);
  }
  /// null: 0.
  double operator()(const Number& number) const {
    if (number.key.empty()) return number.otherwise;
    const auto found = json.find(std::string(number.key));
    if (found == json.end()) return number.otherwise;
    return found->is_null() ? 0 : positive_or(number.key, number.otherwise);
  }
  std::string text_or(std::string_view key, const std::string& fallback) const {
    return get_or<std::string>(json, std::string(key), fallback, where);
  }
  /// A token id, or the first of a list of them.
  std::optional<std::int64_t> token(const std::string& key) const {
    const auto ids = token_ids(json, key, where);
    return ids.empty() ? std::nullopt : std::optional(ids.front());
  }

 private:
  std::int64_t bounded(std::string_view key, std::int64_t value, std::int64_t limit) const {
    require(value >= 1 && value <= limit, "{}: \"{}\" must lie between 1 and {}, got {}.", where, key, limit,
            value);
    return value;
  }
};

}  // namespace nudge
