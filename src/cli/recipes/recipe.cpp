#include "cli/recipes/recipe.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/yaml.h"
#include "cli/command.h"
#include "cli/recipes/recipe_keys.h"
#include "cli/recipes/recipe_variables.h"

namespace nudge {
namespace {

constexpr int kMostSteps = 10'000;  // rounds and stages of a recipe

// true and false as YAML 1.2 has them; in quotes they are text, and so are yes, no, on and off.
std::optional<bool> flag(const YAML::Node& value) {
  const bool plain = value.IsScalar() && value.Tag() != "!";
  const std::string text = plain ? value.Scalar() : "";
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

// Turns the YAML of stages into stages.
class Unrolling {
 public:
  Unrolling(std::string_view where, RecipeVariables variables)
      : where_(where), variables_(std::move(variables)) {}

  void add(const YAML::Node& stages) {
    require(stages && stages.IsSequence(), "{}: \"stages\" must be a list.", where_);
    for (const YAML::Node& stage : stages) {
      require(stage.IsMap(),
              "{}: a stage must have keys: command and options, or rounds or each, and stages.", where_);
      stage["rounds"] ? add_rounds(stage) : stage["each"] ? add_each(stage) : add_command(stage);
    }
  }

  std::vector<Stage> take() { return std::move(stages_); }

 private:
  void count_step() {
    require(++steps_ <= kMostSteps,
            "{}: the recipe unrolls to more than {} rounds and stages; lower \"rounds\".", where_,
            kMostSteps);
  }

  // Sets variables to what the block says, whose texts see none of these yet.
  void assign(const YAML::Node& block, const std::string& key) {
    std::map<std::string, Words> values;
    for (const auto& entry : keyed(block[key], key, where_))
      values[entry.first.Scalar()] = {variables_.word(entry.second)};
    for (const auto& [name, words] : values) variables_.set(name, words);
  }

  void add_rounds(const YAML::Node& block) {
    require(!block["command"], "{}: a stage has either \"command\" or \"rounds\", not both.", where_);
    check_keys(block, {"rounds", "start", "next", "stages"}, "a stage of rounds", where_);
    require(block["stages"].IsDefined(), "{}: \"rounds\" needs the key \"stages\": what each round does.",
            where_);
    const std::string rounds = variables_.word(block["rounds"]);
    const bool number = !rounds.empty() && rounds.find_first_not_of("0123456789") == std::string::npos;
    require(number && rounds.size() < 7, "{}: \"rounds\" must be a whole number, but is {}.", where_, rounds);
    assign(block, "start");
    for (int round = 1; round <= std::stoi(rounds); ++round) {
      count_step();
      variables_.set("round", {std::to_string(round)});
      add(block["stages"]);
      assign(block, "next");
    }
    variables_.forget("round");
  }

  // The words that a variable of `each` is given, one time after the other.
  std::vector<Words> column(const YAML::Node& values) const {
    std::vector<Words> column;
    if (values.IsSequence())
      for (const YAML::Node& value : values) column.push_back(variables_.words(value));
    else
      for (const std::string& word : variables_.words(values)) column.push_back({word});
    return column;
  }

  void add_each(const YAML::Node& block) {
    require(!block["command"], "{}: a stage has either \"command\" or \"each\", not both.", where_);
    check_keys(block, {"each", "stages"}, "a stage of each", where_);
    std::map<std::string, std::vector<Words>> columns;
    for (const auto& entry : keyed(block["each"], "each", where_))
      columns[entry.first.Scalar()] = column(entry.second);
    require(!columns.empty(), "{}: \"each\" must name a variable and its values.", where_);
    const auto& [first, values] = *columns.begin();
    for (const auto& [name, others] : columns)
      require(others.size() == values.size(),
              "{}: \"each\" has {} values of {} and {} of {}; give as many of each.", where_, values.size(),
              first, others.size(), name);
    const RecipeVariables outside = variables_;
    for (std::size_t i = 0; i < values.size(); ++i) {
      count_step();
      for (const auto& [name, words] : columns) variables_.set(name, words[i]);
      add(block["stages"]);
      variables_ = outside;
    }
  }

  void add_command(const YAML::Node& node) {
    count_step();
    check_keys(node, {"command", "program", "name", "title", "arguments", "options", "produces"}, "a stage",
               where_);
    require(node["command"].IsDefined() || node["program"].IsDefined(),
            "{}: a stage has neither command, program, rounds nor each.", where_);
    require(!node["command"] || !node["program"],
            "{}: a stage has either \"command\" or \"program\", not both.", where_);
    Stage stage = node["command"] ? command(node) : program(node);
    if (node["name"]) stage.name = variables_.word(node["name"]);
    if (node["title"]) stage.title = variables_.word(node["title"]);
    if (node["arguments"])
      std::ranges::copy(variables_.words(node["arguments"]), std::back_inserter(stage.arguments));
    for (const auto& entry : keyed(node["options"], "options", where_))
      add_option(entry.first.Scalar(), entry.second, stage.arguments);
    stage.produces = produced(node, stage.name);
    stages_.push_back(std::move(stage));
  }

  Stage command(const YAML::Node& node) const {
    const std::string command = variables_.word(node["command"]);
    check_command(command);
    Stage stage{.name = command, .title = command};
    for (std::size_t begin = 0; begin < command.size();) {  // "preferences simulate" is two words
      const std::size_t end = std::min(command.find(' ', begin), command.size());
      stage.arguments.push_back(command.substr(begin, end - begin));
      begin = end + 1;
    }
    return stage;
  }

  Stage program(const YAML::Node& node) const {
    Words words = variables_.words(node["program"]);
    require(!words.empty() && !words.front().empty(), "{}: \"program\" names no program.", where_);
    require(words.front() != Stage::kThisProgram, "{}: nudge's own commands stand behind \"command\".",
            where_);
    const bool script = words.size() > 1 && !words[1].starts_with('-');
    const std::string name = std::filesystem::path(words[script ? 1 : 0]).stem().string();
    return {.name = name,
            .title = name,
            .arguments = {words.begin() + 1, words.end()},
            .produces = {},
            .program = words.front()};
  }

  void check_command(const std::string& command) const {
    std::vector<std::string> names;
    for (const Command& each : commands()) names.emplace_back(each.name);
    require(std::ranges::find(names, command) != names.end(), "{}: there is no command \"{}\"; {}", where_,
            command, suggestion(command, names));
  }

  void add_option(const std::string& name, const YAML::Node& value,
                  std::vector<std::string>& arguments) const {
    if (const auto chosen = flag(value)) {
      arguments.push_back((*chosen ? "--" : "--no_") + name);
      return;
    }
    const Words words = variables_.words(value);
    if (words.empty()) return;
    arguments.push_back("--" + name);
    arguments.insert(arguments.end(), words.begin(), words.end());
  }

  std::filesystem::path produced(const YAML::Node& node, const std::string& command) const {
    if (node["produces"]) return variables_.word(node["produces"]);
    const YAML::Node options = node["options"];
    if (options && options["output"]) return variables_.word(options["output"]);
    if (options && options["output_dir"])
      return std::filesystem::path(variables_.word(options["output_dir"])) / "final";
    fail("{}: the stage {} must say what it produces: output, output_dir, or the key \"produces\".", where_,
         command);
  }

  std::string where_;
  RecipeVariables variables_;
  std::vector<Stage> stages_;
  int steps_ = 0;
};

}  // namespace

Recipe read_recipe(std::string_view yaml, std::string_view where,
                   const std::map<std::string, std::string>& given) {
  const YAML::Node root = read_yaml(yaml, where);
  require(root.IsMap(), "{}: a recipe has the keys title, variables, variants and stages.", where);
  check_keys(root, {"title", "variables", "variants", "stages"}, "a recipe", where);
  require(root["stages"].IsDefined(), "{}: a recipe needs the key \"stages\".", where);
  RecipeVariables variables(root, where, given);
  Recipe recipe{.folder = variables.word(YAML::Node("{folder}"))};
  Unrolling unrolling(where, std::move(variables));
  unrolling.add(root["stages"]);
  recipe.stages = unrolling.take();
  return recipe;
}

}  // namespace nudge
