#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace nudge {

/// The node, which may be absent or empty, and otherwise has keys. Throws Error; `where` is the recipe.
YAML::Node keyed(const YAML::Node& node, std::string_view name, std::string_view where);

/// Throws Error naming a key of the map that is none of the known ones, and the nearest of these. `what` has
/// the keys: "a stage".
void check_keys(const YAML::Node& map, const std::vector<std::string>& known, std::string_view what,
                std::string_view where);

/// What a person may have meant by a name that is none of these: did you mean "dpo"?
std::string suggestion(const std::string& name, const std::vector<std::string>& known);

}  // namespace nudge
