#pragma once

// Templates of base/json.h, apart so that the contract above reads in one screen.

#include "base/error.h"
#include "base/json.h"

namespace nudge {

template <class T>
T get(const Json& object, const std::string& key, std::string_view where) {
  auto found = object.is_object() ? object.find(key) : object.end();
  require(object.is_object() && found != object.end(), "{}: the key \"{}\" is missing.", where, key);
  try {
    return found->template get<T>();
  } catch (const nlohmann::json::exception&) {
    fail("{}: the key \"{}\" has a value of the wrong type ({}).", where, key, found->type_name());
  }
}

template <class T>
T get_or(const Json& object, const std::string& key, T fallback, std::string_view where) {
  auto found = object.find(key);
  if (found == object.end() || found->is_null()) return fallback;
  return get<T>(object, key, where);
}

}  // namespace nudge
