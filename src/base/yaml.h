#pragma once

#include <yaml-cpp/yaml.h>

#include <string_view>

namespace nudge {

/// The one document of a YAML text: recipes, --config, a run's config.yaml. `where` is what errors call it,
/// mostly its path. An empty text is a null node. Throws Error where yaml-cpp would guess or never end: no
/// valid YAML, a second document, a key that stands twice in one map, an alias inside of what it names,
/// aliases that unfold to more than 100,000 values.
YAML::Node read_yaml(std::string_view text, std::string_view where);

}  // namespace nudge
