#include "cli/recipes/recipe.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/options.h"
#include "base/yaml.h"
#include "cli/command.h"

namespace nudge {
namespace {

using Variables = std::map<std::string, std::string>;
using Names = std::vector<std::string>;

constexpr std::size_t kLongestText =
    1 << 16;                        // a command line's word; variables that double would fill the memory
constexpr int kMostSteps = 10'000;  // rounds and stages of a recipe

// What a person may have meant by a name that is none of these.
std::string suggestion(const std::string& name, const Names& known) {
  if (known.empty()) return "there are none.";
  const std::string near = nearest_name(name, known);
  return near.empty() ? fmt::format("known are: {}.", fmt::join(known, ", "))
                      : fmt::format("did you mean \"{}\"?", near);
}

Names names_of(const Variables& variables) {
  Names names;
  for (const auto& [name, _] : variables) names.push_back(name);
  return names;
}

// The text with each {name} replaced.
std::string filled(const std::string& text, const Variables& variables, std::string_view where) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = text[i] == '{' ? text.find('}', i) : std::string::npos;
    if (end == std::string::npos) {
      result += text[i++];
      continue;
    }
    const std::string name = text.substr(i + 1, end - i - 1);
    const auto found = variables.find(name);
    require(found != variables.end(), "{}: \"{}\" names the variable {}, which has no value here; {}", where,
            text, name, suggestion(name, names_of(variables)));
    result += found->second;
    require(result.size() <= kLongestText,
            "{}: \"{}\" becomes longer than {} bytes with its variables filled in; does one hold itself over "
            "and over?",
            where, text, kLongestText);
    i = end + 1;
  }
  return result;
}

void check_keys(const YAML::Node& map, const Names& known, std::string_view what, std::string_view where) {
  for (const auto& entry : map) {
    const std::string key = entry.first.Scalar();
    require(std::ranges::find(known, key) != known.end(), "{}: {} has no key \"{}\"; {}", where, what, key,
            suggestion(key, known));
  }
}

// The node, which may be absent or empty, and otherwise has keys.
YAML::Node keyed(const YAML::Node& node, std::string_view name, std::string_view where) {
  require(!node || node.IsNull() || node.IsMap(),
          "{}: \"{}\" must have keys with values (name: value), not a list or a text.", where, name);
  return node;
}

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
  Unrolling(std::string_view where, Variables variables) : where_(where), variables_(std::move(variables)) {}

  void add(const YAML::Node& stages) {
    require(stages && stages.IsSequence(), "{}: \"stages\" must be a list.", where_);
    for (const YAML::Node& stage : stages) {
      require(stage.IsMap(), "{}: a stage must have keys: command and options, or rounds and stages.",
              where_);
      stage["rounds"] ? add_rounds(stage) : add_command(stage);
    }
  }

  std::vector<Stage> take() { return std::move(stages_); }

 private:
  void count_step() {
    require(++steps_ <= kMostSteps,
            "{}: the recipe unrolls to more than {} rounds and stages; lower \"rounds\".", where_,
            kMostSteps);
  }

  std::string text(const YAML::Node& value) const {
    require(value.IsScalar(), "{}: expected a text or a number where a list or keys stand.", where_);
    return filled(value.Scalar(), variables_, where_);
  }

  Variables assigned(const YAML::Node& block, const std::string& key) const {
    Variables values;
    for (const auto& entry : keyed(block[key], key, where_))
      values[entry.first.Scalar()] = text(entry.second);
    return values;
  }

  void assign(const Variables& values) {
    for (const auto& [name, value] : values) variables_[name] = value;
  }

  void add_rounds(const YAML::Node& block) {
    require(!block["command"], "{}: a stage has either \"command\" or \"rounds\", not both.", where_);
    check_keys(block, {"rounds", "start", "next", "stages"}, "a stage of rounds", where_);
    require(block["stages"].IsDefined(), "{}: \"rounds\" needs the key \"stages\": what each round does.",
            where_);
    const std::string rounds = text(block["rounds"]);
    const bool number = !rounds.empty() && rounds.find_first_not_of("0123456789") == std::string::npos;
    require(number && rounds.size() < 7, "{}: \"rounds\" must be a whole number, but is {}.", where_, rounds);
    assign(assigned(block, "start"));
    for (int round = 1; round <= std::stoi(rounds); ++round) {
      count_step();
      variables_["round"] = std::to_string(round);
      add(block["stages"]);
      assign(assigned(block, "next"));
    }
    variables_.erase("round");
  }

  void add_command(const YAML::Node& node) {
    count_step();
    check_keys(node, {"command", "title", "options", "produces"}, "a stage", where_);
    require(node["command"].IsDefined(), "{}: a stage has neither command nor rounds.", where_);
    const std::string command = text(node["command"]);
    check_command(command);
    Stage stage{.name = command, .title = node["title"] ? text(node["title"]) : command};
    for (std::size_t begin = 0; begin < command.size();) {  // "preferences simulate" is two words
      const std::size_t end = std::min(command.find(' ', begin), command.size());
      stage.arguments.push_back(command.substr(begin, end - begin));
      begin = end + 1;
    }
    for (const auto& entry : keyed(node["options"], "options", where_))
      add_option(entry.first.Scalar(), entry.second, stage.arguments);
    stage.produces = produced(node, command);
    stages_.push_back(std::move(stage));
  }

  void check_command(const std::string& command) const {
    Names names;
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
    arguments.push_back("--" + name);
    if (!value.IsSequence()) {
      arguments.push_back(text(value));
      return;
    }
    for (const YAML::Node& word : value) arguments.push_back(text(word));
  }

  std::filesystem::path produced(const YAML::Node& node, const std::string& command) const {
    if (node["produces"]) return text(node["produces"]);
    const YAML::Node options = node["options"];
    if (options && options["output"]) return text(options["output"]);
    if (options && options["output_dir"]) return std::filesystem::path(text(options["output_dir"])) / "final";
    fail("{}: the stage {} must say what it produces: output, output_dir, or the key \"produces\".", where_,
         command);
  }

  std::string where_;
  Variables variables_;
  std::vector<Stage> stages_;
  int steps_ = 0;
};

// Each variable's value, given or its default, filled with those above it.
Variables read_variables(const YAML::Node& defaults, std::string_view where, const Variables& given) {
  Names names;
  for (const auto& entry : keyed(defaults, "variables", where)) names.push_back(entry.first.Scalar());
  for (const auto& [name, _] : given) {
    require(std::ranges::find(names, name) != names.end(), "{} has no variable \"{}\"; {}", where, name,
            suggestion(name, names));
  }
  Variables variables;
  for (const auto& entry : defaults) {
    const std::string name = entry.first.Scalar();
    require(entry.second.IsScalar(), "{}: the variable {} must be a text or a number.", where, name);
    const auto chosen = given.find(name);
    variables[name] =
        filled(chosen == given.end() ? entry.second.Scalar() : chosen->second, variables, where);
  }
  require(variables.contains("folder"), "{}: a recipe needs the variable folder: where everything lands.",
          where);
  return variables;
}

}  // namespace

Recipe read_recipe(std::string_view yaml, std::string_view where, const Variables& given) {
  const YAML::Node root = read_yaml(yaml, where);
  require(root.IsMap(), "{}: a recipe has the keys title, variables and stages.", where);
  check_keys(root, {"title", "variables", "stages"}, "a recipe", where);
  require(root["stages"].IsDefined(), "{}: a recipe needs the key \"stages\".", where);
  Variables variables = read_variables(root["variables"], where, given);
  Recipe recipe{.folder = variables["folder"]};
  Unrolling unrolling(where, std::move(variables));
  unrolling.add(root["stages"]);
  recipe.stages = unrolling.take();
  return recipe;
}

}  // namespace nudge
