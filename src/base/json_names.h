#pragma once

#include "base/json.h"
#include "base/names.h"

namespace nudge {

/// Member `key` of an object, a value of an enum by its name; Error naming `where` and the key otherwise.
template <class Enum>
Enum get_named(const Json& object, const std::string& key, std::string_view where) {
  return value_of<Enum>(get<std::string>(object, key, where), std::string(where) + ": " + key);
}

/// Member `key`, or `fallback` when absent or null.
template <class Enum>
Enum get_named_or(const Json& object, const std::string& key, Enum fallback, std::string_view where) {
  return value_of<Enum>(get_or(object, key, name_of(fallback), where), std::string(where) + ": " + key);
}

}  // namespace nudge
