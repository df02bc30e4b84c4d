// nudge run RECIPE.yaml: several commands in order.
#include <cstdio>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/recipe.h"

namespace nudge {
namespace {

std::map<std::string, std::string> read_settings(const std::vector<std::string>& settings) {
  std::map<std::string, std::string> values;
  for (const std::string& setting : settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError(fmt::format("run: --set expects NAME=VALUE, but came \"{}\".", setting));
    values[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return values;
}

}  // namespace

int run_run(std::span<const std::string> arguments) {
  std::string file;
  std::vector<std::string> settings;
  bool plan = false;
  Options options("run", "Runs the commands of a recipe in order; what is complete is skipped.");
  options.positional("recipe", file, "YAML file (recipes/*.yaml; the form stands in docs/recipes.md).");
  options.add("set", settings, "Values of the recipe's variables: NAME=VALUE, one or several.");
  options.add("plan", plan, "Print the command lines and stop.");
  if (!options.parse(arguments)) return 0;

  const Recipe recipe = read_recipe(read_text(file), file, read_settings(settings));
  if (plan) {
    for (const Stage& stage : recipe.stages) fmt::print("{}\n", command_line(stage));
    return 0;
  }
  watch_interrupts();
  run_stages(recipe.stages, recipe.folder / "timing.jsonl");
  say(fmt::format("{}: all {} stages are complete; see {}.", file, recipe.stages.size(),
                  recipe.folder.string()));
  return 0;
}

}  // namespace nudge
