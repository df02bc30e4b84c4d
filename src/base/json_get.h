#pragma once

// Templates of base/json.h, apart so that the contract above reads in one screen.

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace nudge {
namespace detail {

template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<std::vector<T>> = true;

/// True when `value` holds a T without loss, lists element by element. nlohmann would read 1.5 as the
/// integer 1 and true as 1.
template <class T>
bool holds(const Json& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value.is_boolean();
  } else if constexpr (std::is_floating_point_v<T>) {
    return value.is_number();
  } else if constexpr (std::is_integral_v<T>) {
    if (value.is_number_unsigned()) return std::in_range<T>(value.get<std::uint64_t>());
    if (value.is_number_integer()) return std::in_range<T>(value.get<std::int64_t>());
    if (!value.is_number_float()) return false;
    const double number = value.get<double>();  // 2048.0 is an integer to every other reader of JSON
    return number == std::trunc(number) && std::abs(number) < 9e15 &&
           std::in_range<T>(static_cast<std::int64_t>(number));
  } else if constexpr (kIsList<T>) {
    return value.is_array() &&
           std::ranges::all_of(value, [](const Json& one) { return holds<typename T::value_type>(one); });
  } else {
    return true;
  }
}

}  // namespace detail

template <class T>
T get(const Json& object, const std::string& key, std::string_view where) {
  require(object.is_object(), "{}: expected a JSON object with the key \"{}\", but came {}.", where, key,
          object.type_name());
  auto found = object.find(key);
  require(found != object.end(), "{}: the key \"{}\" is missing.", where, key);
  const auto wrong_type = [&] {
    fail("{}: the key \"{}\" has a value of the wrong type ({}).", where, key, found->type_name());
  };
  if (!detail::holds<T>(*found)) wrong_type();
  try {
    return found->template get<T>();
  } catch (const nlohmann::json::exception&) {
    wrong_type();
    throw;
  }
}

template <class T>
T get_or(const Json& object, const std::string& key, T fallback, std::string_view where) {
  auto found = object.find(key);
  if (found == object.end() || found->is_null()) return fallback;
  return get<T>(object, key, where);
}

}  // namespace nudge
