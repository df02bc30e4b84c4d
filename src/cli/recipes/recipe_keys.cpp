#include "cli/recipes/recipe_keys.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/options.h"

namespace nudge {

YAML::Node keyed(const YAML::Node& node, std::string_view name, std::string_view where) {
  require(!node || node.IsNull() || node.IsMap(),
          "{}: \"{}\" must have keys with values (name: value), not a list or a text.", where, name);
  return node;
}

void check_keys(const YAML::Node& map, const std::vector<std::string>& known, std::string_view what,
                std::string_view where) {
  for (const auto& entry : map) {
    const std::string key = entry.first.Scalar();
    require(std::ranges::find(known, key) != known.end(), "{}: {} has no key \"{}\"; {}", where, what, key,
            suggestion(key, known));
  }
}

std::string suggestion(const std::string& name, const std::vector<std::string>& known) {
  if (known.empty()) return "there are none.";
  const std::string near = nearest_name(name, known);
  return near.empty() ? fmt::format("known are: {}.", fmt::join(known, ", "))
                      : fmt::format("did you mean \"{}\"?", near);
}

}  // namespace nudge
