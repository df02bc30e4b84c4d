#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/recipes/stages.h"

namespace nudge {

/// A recipe is a YAML file that runs several commands (docs/recipes.md):
///
///   title: what it makes
///   variables: {folder: runs/x, ...}          # defaults; {name} in any text below stands for one. folder:
///   where
///                                             # it all lands
///   stages:
///     - command: sft
///       title: what the stage does            # optional
///       options: {model: "{model}", ...}      # a list gives several words, true a flag
///       produces: "{folder}/file"             # optional: options.output, or output_dir/final
///     - rounds: 3                             # counted by {round}, from 1
///       start: {policy: "{model}"}            # variables of the first round
///       next: {policy: "{folder}/round-{round}"}   # of the one after
///       stages: [...]
///
struct Recipe {
  std::filesystem::path folder;
  std::vector<Stage> stages;  // rounds unrolled
};
/// `given` takes the place of variables' defaults. Throws Error naming `where`, the stage and what was
/// expected.
Recipe read_recipe(std::string_view yaml, std::string_view where,
                   const std::map<std::string, std::string>& given);

}  // namespace nudge
