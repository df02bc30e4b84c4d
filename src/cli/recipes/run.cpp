// nudge run RECIPE.yaml: several commands in order.
#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/evaluations_text.h"
#include "cli/recipes/recipe.h"
#include "training/ending.h"

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

// How one training ended.
std::string ending_of(const Stage& stage) {
  const std::filesystem::path file = stage.produces.parent_path() / "ending.json";
  if (stage.produces.filename() != "final" || !exists(file)) return "";
  return stage.title + "\n  " + changes_text(ending_from(read_json(file), file.string()));
}

// How eval measured a model, without which it was and which proxy it had optimised.
Json way_of(const Json& model) {
  Json settings = model.at("settings");
  settings.erase("model");
  settings.erase("proxy");
  return settings;
}

// The models that were measured in one way stand in one table, whichever stages measured them.
std::vector<std::string> tables_of(const std::vector<Stage>& stages) {
  std::vector<Json> tables;
  for (const Stage& stage : stages) {
    if (!stage.is_command() || stage.arguments.front() != "eval" || stage.produces.extension() != ".json")
      continue;
    const Json measured = read_json(stage.produces);
    for (const Json& model : measured.is_array() ? measured : Json::array({measured})) {
      const auto alike = std::ranges::find_if(
          tables, [&](const Json& table) { return way_of(table.front()) == way_of(model); });
      alike == tables.end() ? tables.push_back(Json::array({model})) : alike->push_back(model);
    }
  }
  std::vector<std::string> texts;
  for (const Json& table : tables) texts.push_back(evaluations_text(table));
  return texts;
}

void say_what_came_of(const std::vector<Stage>& stages) {
  for (const Stage& stage : stages)
    if (const std::string text = ending_of(stage); !text.empty()) say(text);
  for (const std::string& text : tables_of(stages)) say(text);
}

}  // namespace

int run_run(std::span<const std::string> arguments) {
  std::string file;
  std::vector<std::string> settings;
  bool plan = false;
  Options options("run", "Runs the commands of a recipe in order; what is complete is skipped.");
  options.positional("recipe", file, "YAML file (recipes/*.yaml; the form stands in docs/recipes.md).");
  options.add("set", settings, "Values of the recipe's variables: NAME=VALUE, one or several.")
      .shown_as("NAME=VALUE");
  options.add("plan", plan, "Print the command lines and stop.");
  options.start_with({}, "nudge run recipes/iterated_dpo.yaml");
  if (!options.parse(arguments)) return 0;

  const Recipe recipe = read_recipe(read_text(file), file, read_settings(settings));
  if (plan) {
    for (const Stage& stage : recipe.stages) fmt::print("{}\n", command_line(stage));
    return 0;
  }
  watch_interrupts();
  run_stages(recipe.stages, recipe.folder / "timing.jsonl");
  say(fmt::format("{}: all {} stages are complete; see {}. What they came to:", file, recipe.stages.size(),
                  recipe.folder.string()));
  say_what_came_of(recipe.stages);
  return 0;
}

}  // namespace nudge
