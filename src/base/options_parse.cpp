// How options get their values: from the command line and from the file behind --config.

#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>

#include "base/files.h"
#include "base/options_state.h"
#include "base/progress.h"
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

/// An option that says nothing: "", [] or null.
bool is_nothing(const YAML::Node& value) {
  return value.IsNull() || (value.IsSequence() && value.size() == 0) ||
         (value.IsScalar() && value.Scalar().empty());
}

/// A YAML value as the words that the command line would give.
std::vector<std::string> words_of(const YAML::Node& value, const OptionTarget& target,
                                  const std::string& name) {
  if (is_list(target) && is_nothing(value)) return {};
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

/// A YAML value on one line. A text that was quoted stays so: between the commas of a list it must.
std::string in_yaml(const YAML::Node& value) {
  if (value.IsNull()) return "null";
  if (!value.IsScalar() || value.Tag() != "!") return YAML::Dump(value);
  std::string text = value.Scalar();
  return yaml_value(&text);
}

/// The same of a list's elements.
std::vector<std::string> elements_of(const YAML::Node& value) {
  if (!value.IsSequence()) return {in_yaml(value)};
  std::vector<std::string> elements;
  for (const auto& element : value) elements.push_back(in_yaml(element));
  return elements;
}

std::string in_one_line(const YAML::Node& value) {
  const std::string elements = joined(elements_of(value), ", ");
  return value.IsSequence() ? "[" + elements + "]" : elements;
}

std::string sentences_of(const std::vector<UnknownOption::Name>& names) {
  std::string text;
  for (const auto& [where, dashes, name, hint] : names)
    text += fmt::format("{}{}unknown option {}{}; {}", text.empty() ? "" : "\n", where, dashes, name, hint);
  return text;
}

}  // namespace

UnknownOption::UnknownOption(std::vector<Name> names)
    : UsageError(sentences_of(names)), names_(std::move(names)) {}

UnknownOption::Name Options::State::unknown(const std::string& where, const std::string& name,
                                            const std::string& dashes) const {
  std::vector<std::string> names{"config", "help"};
  for (const Item& item : items) {
    names.push_back(item.name);
    names.insert(names.end(), item.other_names.begin(), item.other_names.end());
    if (std::holds_alternative<bool*>(item.target)) names.push_back("no_" + item.name);
  }
  const std::string near = nearest_name(name, names);
  const std::string hint = near.empty() ? fmt::format("see nudge {} --help.", command)
                                        : fmt::format("did you mean {}{}?", dashes, near);
  return {where, dashes, name, hint};
}

void Options::State::set(Item& item, const std::vector<std::string>& words, const std::string& shown_name) {
  if (!assign_option(item.target, words)) {
    misuse("{} expects {}, but came \"{}\".", shown_name, item.expected(), joined(words, " "));
  }
  check_range(item, shown_name, joined(words, " "));
  item.given = true;
}

std::string Options::State::Item::expected() const {
  return expected_by(target, range ? range->text() : "");
}

void Options::State::check_range(const Item& item, const std::string& shown_name,
                                 const std::string& came) const {
  if (!item.range && std::holds_alternative<std::uint64_t*>(item.target)) return;  // a seed may be any
  const Range range = item.range.value_or(any_number());
  for (const double value : numbers_in(item.target)) {
    if (!range.holds(value))
      misuse("{} expects {}, but came \"{}\".", shown_name, expected_by(item.target, range.text_for(value)),
             came);
  }
}

/// The arguments as CLI11 gets them: underscores in names, a value behind every option that takes one, none
/// behind a boolean (`--flag false` and `--flag=false` become `--no_flag`).
std::vector<std::string> Options::State::normalised(std::span<const std::string> arguments) {
  std::vector<std::string> result;
  for (Item& item : items) item.called.clear();
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
    Item* item = find(name);
    if (item && !item->called.empty() && item->called != name)
      misuse("--{} and --{} mean the same; give one of the two.", item->called, name);
    if (item) item->called = name;
    if (item && std::holds_alternative<bool*>(item->target)) {
      if (!word && i + 1 < arguments.size() && read_bool(arguments[i + 1])) word = arguments[++i];
      const auto value = read_bool(word.value_or("true"));
      if (!value) misuse("--{} expects {}, but came \"{}\".", name, item->expected(), *word);
      result.push_back((*value ? "--" : "--no_") + item->name);
      continue;
    }
    const bool last = !word && (i + 1 == arguments.size() || is_option(arguments[i + 1]));
    if (item && last) misuse("--{} expects {} behind it.", name, item->expected());
    if (name == "config" && last) misuse("--config expects a file behind it.");
    result.push_back("--" + (item ? item->name : name));
    if (word) result.push_back(*word);
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
                               : app.add_option((item.positional ? item.name + "," : "") + "--" + item.name);
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
  Given given{.unknown = unknown_among(app.remaining())};
  if (!config->results().empty()) given.file = config->results().back();
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::vector<std::string> found = options[i]->results();
    if (found.empty()) continue;
    given.words.emplace_back(&items[i], is_list(items[i].target) ? found : only(items[i], found));
  }
  return given;
}

/// Of numbers and choices the last counts, so that a line can be said again with another at its end, and that
/// is told; of two texts, which may be two files that were both meant, neither is left out.
std::vector<std::string> Options::State::only(const Item& item, const std::vector<std::string>& words) {
  const bool differ =
      std::ranges::any_of(words, [&](const std::string& word) { return word != words.front(); });
  const std::string shown = (item.positional ? "" : "--") + item.shown();
  if (differ && std::holds_alternative<std::string*>(item.target))
    misuse("{} takes one value, and {} came: {}; leave out all but one.", shown, words.size(),
           joined(words, " and "));
  if (differ)
    notes.push_back(
        fmt::format("{} is given {} times; the last, {}, counts.", shown, words.size(), words.back()));
  return {words.back()};
}

/// What CLI11 could place nowhere; the words behind an unknown option are its own.
std::vector<UnknownOption::Name> Options::State::unknown_among(const std::vector<std::string>& extras) const {
  std::vector<UnknownOption::Name> names;
  for (const std::string& extra : extras) {
    if (!extra.starts_with("-") || extra.size() == 1) continue;
    const auto dashes = std::min(extra.find_first_not_of('-'), extra.size());
    names.push_back(unknown("", extra.substr(dashes, extra.find('=') - dashes), extra.substr(0, dashes)));
  }
  if (names.empty() && !extras.empty())
    misuse("unexpected argument \"{}\"; see nudge {} --help.", extras.front(), command);
  return names;
}

void Options::State::read_file_of_options(const std::string& path, Given& given) {
  const std::string text = read_text(path);
  YAML::Node root;
  try {
    root = read_yaml(text, path);
  } catch (const Error& error) {
    misuse("{}", error.what());
  }
  if (root.IsNull()) return;
  if (!root.IsMap()) misuse("{} should hold lines like \"option: value\".", path);
  std::set<const Item*> seen;
  for (const auto& entry : root) {
    if (!entry.first.IsScalar())
      misuse("{} has a key that is not a name; expected lines like \"option: value\".", path);
    const std::string name = with_underscores(entry.first.Scalar());
    const std::string shown_name = fmt::format("{}: {}", path, name);
    Item* item = find(name);
    if (!item) {
      given.unknown.push_back(unknown(path + ": ", name, ""));
      continue;
    }
    const bool nothing = is_nothing(entry.second);
    if (item->name != name && nothing) continue;  // an older name beside today's
    if (!seen.insert(item).second) {
      if (nothing) continue;
      misuse("{} stands twice.", shown_name);
    }
    given.in_file.emplace_back(item, words_of(entry.second, item->target, shown_name), shown_name);
  }
}

void Options::State::read(std::span<const std::string> arguments) {
  notes.clear();
  decided.clear();
  given = split(arguments);
  if (!given.file.empty()) read_file_of_options(given.file, given);
  if (!given.unknown.empty()) throw UnknownOption(std::move(given.unknown));
}

void Options::State::put(const std::vector<std::string>& names) {
  const auto meant = [&](const Item& item) {
    return names.empty() || std::ranges::count(names, item.name) > 0;
  };
  for (const auto& [item, words, shown_name] : given.in_file)
    if (meant(*item)) set(*item, words, shown_name);
  for (const auto& [item, words] : given.words)
    if (meant(*item)) set(*item, words, (item->positional ? "" : "--") + item->shown());
}

void Options::State::apply_presets() {
  for (const auto& [names, set] : presets) {
    put(names);
    for (Decided& each : set()) decided.push_back(std::move(each));
    for (Item& item : items) set_default_texts(item);
  }
}

void Options::State::require_complete() const {
  for (const Item& item : items) {
    const std::string dashes = item.positional ? "" : "--";
    if (item.required && item.given && shown_value(item.target).empty())
      misuse("{}{} is empty; see nudge {} --help.", dashes, item.shown(), command);
    if (item.required && !item.given)
      misuse("{}{} is missing; see nudge {} --help.", dashes, item.name, command);
  }
}

void Options::State::tell() const {
  for (const std::string& note : notes) warn(note);
  for (const auto& [title, values] : decided) {
    std::string text = title + ":";
    for (const auto& [name, value] : values) {
      const auto item = std::ranges::find(items, name, &Item::name);
      if (!item->given) text += fmt::format(" --{} {}", name, value);
    }
    say(text);
  }
}

// So that --help shows the defaults of the presets; nothing need be complete or right yet.
void read_for_help(Options::State& state, const std::vector<std::string>& words) {
  try {
    state.read(words);
    state.apply_presets();
  } catch (const Error&) {
    return;
  }
}

bool Options::parse(std::span<const std::string> arguments) {
  std::vector<std::string> words;
  for (const std::string& argument : arguments)
    if (argument != "--help" && argument != "-h") words.push_back(argument);
  if (words.size() < arguments.size()) {
    read_for_help(*state_, words);
    std::fputs(help(terminal_columns(STDOUT_FILENO)).c_str(), stdout);
    return false;
  }
  state_->read(words);
  state_->apply_presets();
  state_->put();
  state_->require_complete();
  check();
  state_->tell();
  return true;
}

std::string Options::renamed_yaml(const std::string& earlier) const {
  YAML::Node root;
  try {
    root = read_yaml(earlier, "config.yaml");
  } catch (const Error&) {
    return earlier;
  }
  if (!root.IsMap()) return earlier;
  std::string text;
  std::set<std::string> known;
  for (const State::Item& item : state_->items) {
    std::vector<std::string> names = item.other_names, elements;
    names.insert(names.begin(), item.name);
    for (const std::string& name : names) {
      const YAML::Node value = root[name];
      if (!value || !known.insert(name).second || (name != item.name && is_nothing(value))) continue;
      if (is_list(item.target) && is_nothing(value)) continue;
      const std::vector<std::string> more = elements_of(value);
      elements.insert(elements.end(), more.begin(), more.end());
    }
    const bool stands =
        std::ranges::any_of(names, [&](const std::string& name) { return known.contains(name); });
    const std::string listed = joined(elements, ", ");
    text += item.name + ": " +
            (!stands                ? item.default_yaml
             : is_list(item.target) ? "[" + listed + "]"
                                    : listed) +
            "\n";
  }
  for (const auto& entry : root)
    if (!known.contains(entry.first.Scalar()))
      text += YAML::Dump(entry.first) + ": " + in_one_line(entry.second) + "\n";
  return text;
}

}  // namespace nudge
