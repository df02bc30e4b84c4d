#include "base/options.h"

#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/options_value.h"
#include "base/terminal.h"

namespace nudge {

struct Options::State {
  struct Item {
    std::string name, sentence, section;
    OptionTarget target;
    bool required = false, positional = false;
    std::vector<std::string> choices;
    std::string default_text;  // as shown by --help
    bool given = false;
  };

  std::string command, summary, section = "options";
  std::vector<Item> items;

  Item& declare(const std::string& name, OptionTarget target, const std::string& sentence);
  Item* find(const std::string& name);
  void set(Item& item, const std::vector<std::string>& words, const std::string& shown_name);
  std::vector<std::string> normalised(std::span<const std::string> arguments);
  void read_file_of_options(const std::string& path);
  [[noreturn]] void unknown(const std::string& what, const std::string& name,
                            const std::string& dashes) const;
};

namespace {

constexpr int kLongestList = 1 << 20;  // CLI11 reads larger bounds as "one word at a time"

template <class... Args>
[[noreturn]] void misuse(fmt::format_string<Args...> format, Args&&... args) {
  throw UsageError(fmt::format(format, std::forward<Args>(args)...));
}

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool is_option(const std::string& argument) {
  return argument.size() > 2 && argument.starts_with("--");
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

}  // namespace

Options::Options(std::string command, std::string summary) : state_(std::make_unique<State>()) {
  state_->command = std::move(command);
  state_->summary = std::move(summary);
}
Options::~Options() = default;
Options::Options(Options&&) noexcept = default;

void Options::section(const std::string& title) {
  state_->section = title;
}

Options::State::Item& Options::State::declare(const std::string& name, OptionTarget target,
                                              const std::string& sentence) {
  nudge::require(find(name) == nullptr, "the option --{} of {} is declared twice.", name, command);
  Item item{.name = name, .sentence = sentence, .section = section, .target = target};
  item.default_text =
      std::holds_alternative<bool*>(target) ? (*std::get<bool*>(target) ? "on" : "off") : shown_value(target);
  return items.emplace_back(std::move(item));
}

#define NUDGE_ADD(Type)                                                                   \
  void Options::add(const std::string& name, Type& target, const std::string& sentence) { \
    state_->declare(name, &target, sentence);                                             \
  }
NUDGE_ADD(bool)
NUDGE_ADD(std::int64_t)
NUDGE_ADD(std::uint64_t)
NUDGE_ADD(double)
NUDGE_ADD(std::string)
NUDGE_ADD(std::optional<double>)
NUDGE_ADD(std::optional<std::int64_t>)
NUDGE_ADD(std::vector<std::string>)
NUDGE_ADD(std::vector<double>)
NUDGE_ADD(std::vector<std::int64_t>)
#undef NUDGE_ADD

void Options::require(const std::string& name, std::string& target, const std::string& sentence) {
  state_->declare(name, &target, sentence).required = true;
}

void Options::choose(const std::string& name, std::string& target, const std::vector<std::string>& choices,
                     const std::string& sentence) {
  state_->declare(name, &target, sentence).choices = choices;
}

void Options::positional(const std::string& name, std::string& target, const std::string& sentence) {
  auto& item = state_->declare(name, &target, sentence);
  item.positional = true;
  item.required = target.empty();
}

Options::State::Item* Options::State::find(const std::string& name) {
  auto found = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

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

void Options::State::read_file_of_options(const std::string& path) {
  YAML::Node root;
  try {
    root = YAML::Load(read_text(path));
  } catch (const YAML::Exception& error) {
    misuse("{} is not valid YAML: {}.", path, error.what());
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
    std::vector<std::string> words;
    const YAML::Node& value = entry.second;
    if (value.IsScalar()) {
      words = {value.Scalar()};
    } else if (value.IsNull() && is_optional(item->target)) {
      words = {"none"};
    } else if (value.IsSequence() && is_list(item->target)) {
      for (const auto& element : value) {
        if (!element.IsScalar())
          misuse("{} expects {} in a flat list.", shown_name, expected_by(item->target));
        words.push_back(element.Scalar());
      }
    } else {
      const char* came = value.IsNull() ? "nothing" : value.IsMap() ? "a map" : "a list";
      misuse("{} expects {}, but came {}.", shown_name, expected_by(item->target), came);
    }
    set(*item, words, shown_name);
  }
}

bool Options::parse(std::span<const std::string> arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") {
      std::fputs(help(terminal_columns(STDOUT_FILENO)).c_str(), stdout);
      return false;
    }
  }

  // CLI11 splits the arguments into names and words; what they mean is decided here, the same way as for
  // YAML.
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<CLI::Option*> parsed;
  for (State::Item& item : state_->items) {
    const bool flag = std::holds_alternative<bool*>(item.target);
    CLI::Option* option = flag ? app.add_flag(fmt::format("--{0},!--no_{0}", item.name))
                               : app.add_option((item.positional ? "" : "--") + item.name);
    if (!flag) option->expected(1, is_list(item.target) ? kLongestList : 1);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    parsed.push_back(option);
  }
  CLI::Option* config =
      app.add_option("--config")->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  std::vector<std::string> words = state_->normalised(arguments);
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    misuse("{}; see nudge {} --help.", error.what(), state_->command);
  }

  for (const std::string& extra : app.remaining()) {
    if (extra.starts_with("-") && extra.size() > 1) {
      const auto dashes = std::min(extra.find_first_not_of('-'), extra.size());
      state_->unknown("unknown option", extra.substr(dashes, extra.find('=') - dashes),
                      extra.substr(0, dashes));
    }
  }
  if (!app.remaining().empty()) {
    misuse("unexpected argument \"{}\"; see nudge {} --help.", app.remaining().front(), state_->command);
  }
  if (!config->results().empty()) state_->read_file_of_options(config->results().back());
  for (std::size_t i = 0; i < parsed.size(); ++i) {
    State::Item& item = state_->items[i];
    std::vector<std::string> given = parsed[i]->results();
    if (given.empty()) continue;
    if (!is_list(item.target)) given = {given.back()};  // of several, the last counts
    state_->set(item, given, (item.positional ? "" : "--") + item.name);
  }
  for (const State::Item& item : state_->items) {
    if (item.required && !item.given) {
      misuse("{}{} is missing; see nudge {} --help.", item.positional ? "" : "--", item.name,
             state_->command);
    }
  }
  return true;
}

std::string Options::help(int width) const {
  std::string usage = "usage: nudge " + state_->command;
  for (const auto& item : state_->items) {
    if (item.positional) usage += item.required ? " " + item.name : " [" + item.name + "]";
    if (item.required && !item.positional) usage += " --" + item.name + " " + placeholder_of(item.target);
  }
  std::string text =
      wrap(usage + " [--option value ...]", width, 0) + "\n\n" + wrap(state_->summary, width) + "\n";

  struct Line {
    std::string section, name, sentence;
  };
  std::vector<Line> lines;
  for (const auto& item : state_->items) {
    const bool flag = std::holds_alternative<bool*>(item.target);
    std::string name = item.positional ? item.name : (flag ? "--[no_]" : "--") + item.name;
    if (!flag && !item.positional)
      name += item.choices.empty() ? " " + placeholder_of(item.target) : " CHOICE";
    std::string sentence = item.sentence;
    if (!item.choices.empty()) sentence += " One of " + joined(item.choices, ", ") + ".";
    if (item.required) {
      sentence += " (required)";
    } else if (!item.default_text.empty()) {
      sentence += " (default: " + item.default_text + ")";
    }
    lines.push_back({item.positional ? "arguments" : item.section, name, sentence});
  }
  lines.push_back({"general", "--config FILE", "Reads options from a YAML file; the command line wins."});
  lines.push_back({"general", "--help", "Shows this text."});
  int name_columns = 0;
  for (const Line& line : lines) name_columns = std::max(name_columns, columns(line.name));
  name_columns = std::min(name_columns, std::max(24, width / 3));

  std::vector<std::string> sections;
  for (const Line& line : lines) {
    if (std::find(sections.begin(), sections.end(), line.section) == sections.end())
      sections.push_back(line.section);
  }
  for (const std::string& section : sections) {
    text += "\n" + section + "\n";
    for (const Line& line : lines) {
      if (line.section == section) text += name_and_sentence(line.name, line.sentence, name_columns, width);
    }
  }
  return text;
}

std::string Options::resolved_yaml() const {
  std::string text;
  for (const auto& item : state_->items) text += item.name + ": " + yaml_value(item.target) + "\n";
  return text;
}

}  // namespace nudge
