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
///   variables: {folder: runs/x, n: [1, 2]}    # defaults; {name} in any text below stands for one, and in an
///                                             # option for as many words as it has. folder: where all lands
///   variants: {tiny: {n: 1}}                  # optional: other values, by the value of the variable variant
///   stages:
///     - command: sft
///       name: what it makes                   # optional: the command
///       title: what the stage does            # optional
///       arguments: ["{folder}/file"]          # optional: words without a name
///       options: {model: "{model}", ...}      # a list gives several words, true a flag; without a word none
///       produces: "{folder}/file"             # optional: options.output, or output_dir/final
///     - program: [python3, "{here}/make.py"]  # instead of a command: another program, found in PATH;
///     {here}: the
///       produces: "{folder}/made"             # folder of the recipe's file. It writes its product last
///     - rounds: 3                             # counted by {round}, from 1
///       start: {policy: "{model}"}            # variables of the first round
///       next: {policy: "{folder}/round-{round}"}   # of the one after
///       stages: [...]
///     - each: {beta: [0.1, 1], n: "{n}"}      # variables of the stages, value by value
///       stages: [...]
struct Recipe {
  std::filesystem::path folder;
  std::vector<Stage> stages;  // rounds unrolled
};
/// `given` takes the place of variables' defaults. Throws Error naming `where`, the recipe's file, the stage
/// and what was expected.
Recipe read_recipe(std::string_view yaml, std::string_view where,
                   const std::map<std::string, std::string>& given);

}  // namespace nudge
