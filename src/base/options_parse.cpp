// How options get their values: from the command line and from the file behind --config.

#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <set>

#include "base/files.h"
#include "base/options_state.h"
#include "base/terminal.h"
#include "base/yaml.h"

namespace nudge {
namespace {

constexpr int kLongestList = 1 << 20;  // CLI11 reads larger bounds as "one word at a time"

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool is_option(const std::string& argument) {
  return argument.size() > 2 && argument.starts_with("--");
}

/// A YAML value as the words that the command line would give.
std::vector<std::string> words_of(const YAML::Node& value, const OptionTarget& target,
                                  const std::string& name) {
  if (value.IsScalar()) return {value.Scalar()};
  if (value.IsNull() && is_optional(target)) return {"none"};
  if (value.IsSequence() && is_list(target)) {
    std::vector<std::string> words;
    for (const auto& element : value) {
      if (!element.IsScalar()) misuse("{} expects {} in a flat list.", name, expected_by(target));
      words.push_back(element.Scalar());
    }
    return words;
  }
  const char* came = value.IsNull() ? "nothing" : value.IsMap() ? "a map" : "a list";
  misuse("{} expects {}, but came {}.", name, expected_by(target), came);
}

}  // namespace

void Options::State::unknown(const std::string& what, const std::string& name,
                             const std::string& dashes) const {
  std::vector<std::string> names{"config", "help"};
  for (const Item& item : items) {
    names.push_back(item.name);
    if (std::holds_alternative<bool*>(item.target)) names.push_back("no_" + item.name);
  }
  const std::string near = nearest_name(name, names);
  if (near.empty()) misuse("{} {}{}; see nudge {} --help.", what, dashes, name, command);
  misuse("{} {}{}; did you mean {}{}?", what, dashes, name, dashes, near);
}

void Options::State::set(Item& item, const std::vector<std::string>& words, const std::string& shown_name) {
  const bool chosen = item.choices.empty() ||
                      (words.size() == 1 && std::count(item.choices.begin(), item.choices.end(), words[0]));
  if (!chosen)
    misuse("{} expects one of {}, but came \"{}\".", shown_name, joined(item.choices, ", "),
           joined(words, " "));
  if (!assign_option(item.target, words)) {
    misuse("{} expects {}, but came \"{}\".", shown_name, expected_by(item.target), joined(words, " "));
  }
  item.given = true;
}

/// The arguments as CLI11 gets them: underscores in names, a value behind every option that takes one, none
/// behind a boolean (`--flag false` and `--flag=false` become `--no_flag`).
std::vector<std::string> Options::State::normalised(std::span<const std::string> arguments) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!is_option(argument)) {
      result.push_back(argument);
      continue;
    }
    const auto equals = argument.find('=');
    const std::string name = with_underscores(argument.substr(2, equals - 2));
    std::optional<std::string> word;
    if (equals != std::string::npos) word = argument.substr(equals + 1);
    const Item* item = find(name);
    if (item && std::holds_alternative<bool*>(item->target)) {
      if (!word && i + 1 < arguments.size() && read_bool(arguments[i + 1])) word = arguments[++i];
      const auto value = read_bool(word.value_or("true"));
      if (!value) misuse("--{} expects {}, but came \"{}\".", name, expected_by(item->target), *word);
      result.push_back((*value ? "--" : "--no_") + name);
    } else if (word) {
      result.insert(result.end(), {"--" + name, *word});
    } else {
      const bool last = i + 1 == arguments.size() || is_option(arguments[i + 1]);
      if (item && last) misuse("--{} expects {} behind it.", name, expected_by(item->target));
      if (name == "config" && last) misuse("--config expects a file behind it.");
      result.push_back("--" + name);
    }
  }
  return result;
}

/// CLI11 splits the arguments into names and words; what they mean is decided elsewhere, the same way as for
/// YAML.
Options::State::Given Options::State::split(std::span<const std::string> arguments) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<CLI::Option*> options;
  for (const Item& item : items) {
    const bool flag = std::holds_alternative<bool*>(item.target);
    CLI::Option* option = flag ? app.add_flag(fmt::format("--{0},!--no_{0}", item.name))
                               : app.add_option((item.positional ? "" : "--") + item.name);
    if (!flag) option->expected(1, is_list(item.target) ? kLongestList : 1);
    options.push_back(option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll));
  }
  CLI::Option* config = app.add_option("--config")->expected(1);
  config->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  std::vector<std::string> words = normalised(arguments);
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    misuse("{}; see nudge {} --help.", error.what(), command);
  }
  refuse(app.remaining());

  Given given;
  if (!config->results().empty()) given.file = config->results().back();
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::vector<std::string> found = options[i]->results();
    if (found.empty()) continue;
    if (!is_list(items[i].target)) found = {found.back()};  // of several, the last counts
    given.words.emplace_back(&items[i], std::move(found));
  }
  return given;
}

void Options::State::refuse(const std::vector<std::string>& extras) const {
  for (const std::string& extra : extras) {
    if (!extra.starts_with("-") || extra.size() == 1) continue;
    const auto dashes = std::min(extra.find_first_not_of('-'), extra.size());
    unknown("unknown option", extra.substr(dashes, extra.find('=') - dashes), extra.substr(0, dashes));
  }
  if (!extras.empty()) misuse("unexpected argument \"{}\"; see nudge {} --help.", extras.front(), command);
}

void Options::State::read_file_of_options(const std::string& path) {
  const std::string text = read_text(path);
  YAML::Node root;
  try {
    root = read_yaml(text, path);
  } catch (const Error& error) {
    misuse("{}", error.what());
  }
  if (root.IsNull()) return;
  if (!root.IsMap()) misuse("{} should hold lines like \"option: value\".", path);
  std::set<std::string> seen;
  for (const auto& entry : root) {
    if (!entry.first.IsScalar())
      misuse("{} has a key that is not a name; expected lines like \"option: value\".", path);
    const std::string name = with_underscores(entry.first.Scalar());
    const std::string shown_name = fmt::format("{}: {}", path, name);
    Item* item = find(name);
    if (!item) unknown(path + ": unknown option", name, "");
    if (!seen.insert(name).second) misuse("{} stands twice.", shown_name);
    set(*item, words_of(entry.second, item->target, shown_name), shown_name);
  }
}

bool Options::parse(std::span<const std::string> arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      std::fputs(help(terminal_columns(STDOUT_FILENO)).c_str(), stdout);
      return false;
    }
  }

  const State::Given given = state_->split(arguments);
  if (!given.file.empty()) state_->read_file_of_options(given.file);
  for (const auto& [item, words] : given.words)
    state_->set(*item, words, (item->positional ? "" : "--") + item->name);
  for (const State::Item& item : state_->items) {
    if (item.required && !item.given) {
      misuse("{}{} is missing; see nudge {} --help.", item.positional ? "" : "--", item.name,
             state_->command);
    }
  }
  return true;
}

}  // namespace nudge
