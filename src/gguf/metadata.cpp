#include "gguf/metadata.h"

#include <type_traits>

#include "base/error.h"
#include "base/excerpt.h"

namespace nudge::gguf {

namespace {

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

/// Whether a number of type From says the same as a To; what lies outside To's range is caught by value.
template <class To, class From>
constexpr bool converts() {
  if constexpr (std::is_same_v<To, bool> || std::is_same_v<From, bool>) return std::is_same_v<To, From>;
  if constexpr (std::is_floating_point_v<To>) return std::is_arithmetic_v<From>;
  return std::is_integral_v<To> && std::is_integral_v<From>;
}

/// Absent when `from` is of another kind or does not fit.
template <class To, class From>
std::optional<To> convert(const From& from) {
  if constexpr (std::is_same_v<To, From>) {
    return from;
  } else if constexpr (kIsVector<To> && kIsVector<From>) {
    To list;
    list.reserve(from.size());
    for (const auto& item : from) {
      auto one = convert<typename To::value_type, typename From::value_type>(item);
      if (!one) return std::nullopt;
      list.push_back(*std::move(one));
    }
    return list;
  } else if constexpr (kIsVector<To> && std::is_same_v<From, List>) {
    return std::visit([](const auto& list) { return convert<To>(list); }, from);
  } else if constexpr (std::is_arithmetic_v<To> && std::is_arithmetic_v<From> && converts<To, From>()) {
    if constexpr (std::is_integral_v<To> && !std::is_same_v<To, bool>) {
      if (!std::in_range<To>(from)) return std::nullopt;
    }
    return static_cast<To>(from);
  } else {
    return std::nullopt;
  }
}

template <class T>
constexpr const char* kind_of() {
  if constexpr (kIsVector<T>) {
    using Item = typename T::value_type;
    if constexpr (std::is_same_v<Item, std::string>) return "a list of strings";
    return std::is_floating_point_v<Item> ? "a list of numbers" : "a list of integers";
  }
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, std::string>) return "a string";
  return std::is_floating_point_v<T> ? "a number" : "an integer";
}

}  // namespace

void Metadata::add(const std::string& key, Value value) {
  const bool fresh = places_.emplace(key, entries_.size()).second;
  require(fresh, "{}: the metadata hold the key \"{}\" twice.", where_, excerpt(key));
  entries_.emplace_back(key, std::move(value));
}

const Value* Metadata::find(const std::string& key) const {
  const auto found = places_.find(key);
  return found == places_.end() ? nullptr : &entries_[found->second].second;
}

template <class T>
T Metadata::get(const std::string& key) const {
  const Value* value = find(key);
  require(value != nullptr, "{}: the metadata lack the key \"{}\".", where_, key);
  auto converted = std::visit([](const auto& held) { return convert<T>(held); }, *value);
  require(converted.has_value(), "{}: the metadata's \"{}\" must be {}.", where_, key, kind_of<T>());
  return *std::move(converted);
}

template std::int64_t Metadata::get(const std::string&) const;
template double Metadata::get(const std::string&) const;
template bool Metadata::get(const std::string&) const;
template std::string Metadata::get(const std::string&) const;
template std::vector<std::int64_t> Metadata::get(const std::string&) const;
template std::vector<std::int32_t> Metadata::get(const std::string&) const;
template std::vector<float> Metadata::get(const std::string&) const;
template std::vector<bool> Metadata::get(const std::string&) const;
template std::vector<std::string> Metadata::get(const std::string&) const;

}  // namespace nudge::gguf
