#include "cli/recipes/demo_recipe.h"

#include "cli/recipes/demo_recipe_text.h"

namespace nudge {

Recipe demo_recipe(std::string folder, std::uint64_t seed, bool tiny) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  return read_recipe(
      kDemoRecipe, "recipes/demo.yaml",
      {{"folder", folder}, {"seed", std::to_string(seed)}, {"variant", tiny ? "tiny" : "full"}});
}

}  // namespace nudge
