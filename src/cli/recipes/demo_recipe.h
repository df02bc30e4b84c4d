#pragma once

#include <cstdint>
#include <string>

#include "cli/recipes/recipe.h"

namespace nudge {

/// The demo's recipe, recipes/demo.yaml, as the program was built with it; `tiny`: at the size that tests can
/// afford. Everything lands in `folder`. Throws Error.
Recipe demo_recipe(std::string folder, std::uint64_t seed, bool tiny);

}  // namespace nudge
