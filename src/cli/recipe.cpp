#include "cli/recipe.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "base/error.h"
#include "base/options.h"
#include "cli/command.h"

namespace nudge {
namespace {

using Variables = std::map<std::string, std::string>;

// Turns the YAML of stages into stages.
class Unrolling {
 public:
  Unrolling(std::string_view where, Variables variables) : where_(where), variables_(std::move(variables)) {}

  void add(const YAML::Node& stages) {
    require(stages.IsSequence(), "{}: \"stages\" must be a list.", where_);
    for (const YAML::Node& stage : stages) {
      require(stage.IsMap(), "{}: a stage must have keys: command and options, or rounds and stages.",
              where_);
      stage["rounds"] ? add_rounds(stage) : add_command(stage);
    }
  }

  std::vector<Stage> take() { return std::move(stages_); }

 private:
  // The text with each {name} replaced.
  std::string filled(const std::string& text) const {
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t end = text[i] == '{' ? text.find('}', i) : std::string::npos;
      if (end == std::string::npos) {
        result += text[i++];
        continue;
      }
      const std::string name = text.substr(i + 1, end - i - 1);
      const auto found = variables_.find(name);
      require(found != variables_.end(),
              "{}: \"{}\" names the variable {}, which has no value; known are: {}.", where_, text, name,
              known());
      result += found->second;
      i = end + 1;
    }
    return result;
  }

  std::string known() const {
    std::string names;
    for (const auto& [name, _] : variables_) names += (names.empty() ? "" : ", ") + name;
    return names;
  }

  std::string text(const YAML::Node& value) const {
    require(value.IsScalar(), "{}: expected a text or a number where a list or keys stand.", where_);
    return filled(value.Scalar());
  }

  Variables assigned(const YAML::Node& names) const {
    Variables values;
    for (const auto& entry : names) values[entry.first.Scalar()] = text(entry.second);
    return values;
  }

  void assign(const Variables& values) {
    for (const auto& [name, value] : values) variables_[name] = value;
  }

  void check_keys(const YAML::Node& map, const std::vector<std::string>& known) const {
    for (const auto& entry : map) {
      const std::string key = entry.first.Scalar();
      require(std::ranges::find(known, key) != known.end(),
              "{}: a stage has no key \"{}\"; did you mean \"{}\"?", where_, key, nearest_name(key, known));
    }
  }

  void add_rounds(const YAML::Node& block) {
    check_keys(block, {"rounds", "start", "next", "stages"});
    const std::string rounds = text(block["rounds"]);
    const bool number = !rounds.empty() && rounds.find_first_not_of("0123456789") == std::string::npos;
    require(number && rounds.size() < 7, "{}: \"rounds\" must be a whole number, but is {}.", where_, rounds);
    assign(assigned(block["start"]));
    for (int round = 1; round <= std::stoi(rounds); ++round) {
      variables_["round"] = std::to_string(round);
      add(block["stages"]);
      assign(assigned(block["next"]));
    }
    variables_.erase("round");
  }

  void add_command(const YAML::Node& node) {
    check_keys(node, {"command", "title", "options", "produces"});
    require(node["command"].IsDefined(), "{}: a stage has neither command nor rounds.", where_);
    const std::string command = text(node["command"]);
    check_command(command);
    Stage stage{.name = command, .title = node["title"] ? text(node["title"]) : command};
    for (std::size_t begin = 0; begin < command.size();) {  // "preferences simulate" is two words
      const std::size_t end = std::min(command.find(' ', begin), command.size());
      stage.arguments.push_back(command.substr(begin, end - begin));
      begin = end + 1;
    }
    for (const auto& entry : node["options"]) add_option(entry.first.Scalar(), entry.second, stage.arguments);
    stage.produces = produced(node, command);
    stages_.push_back(std::move(stage));
  }

  void check_command(const std::string& command) const {
    std::vector<std::string> names;
    for (const Command& each : commands()) names.emplace_back(each.name);
    require(std::ranges::find(names, command) != names.end(),
            "{}: there is no command \"{}\"; did you mean \"{}\"?", where_, command,
            nearest_name(command, names));
  }

  void add_option(const std::string& name, const YAML::Node& value,
                  std::vector<std::string>& arguments) const {
    bool flag = false;
    if (value.IsScalar() && YAML::convert<bool>::decode(value, flag)) {
      arguments.push_back((flag ? "--" : "--no_") + name);
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
};

}  // namespace

Recipe read_recipe(std::string_view yaml, std::string_view where, const Variables& given) {
  YAML::Node root;
  try {
    root = YAML::Load(std::string(yaml));
  } catch (const YAML::Exception& error) {
    fail("{} is not valid YAML: {}.", where, error.what());
  }
  require(root.IsMap() && root["stages"], "{}: a recipe needs the key \"stages\".", where);
  Variables variables;
  for (const auto& entry : root["variables"]) {
    require(entry.second.IsScalar(), "{}: the variable {} must be a text or a number.", where,
            entry.first.Scalar());
    variables[entry.first.Scalar()] = entry.second.Scalar();
  }
  for (const auto& [name, value] : given) {
    require(variables.contains(name), "{} has no variable \"{}\".", where, name);
    variables[name] = value;
  }
  require(variables.contains("folder"), "{}: a recipe needs the variable folder: where everything lands.",
          where);
  Recipe recipe{.folder = variables["folder"]};
  Unrolling unrolling(where, std::move(variables));
  unrolling.add(root["stages"]);
  recipe.stages = unrolling.take();
  return recipe;
}

}  // namespace nudge
