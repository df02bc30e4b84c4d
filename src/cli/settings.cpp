#include "cli/settings.h"

#include <sstream>

#include "base/error.h"

namespace nudge {

std::vector<std::string> names_of(const std::vector<Settings>& known) {
  std::vector<std::string> names;
  for (const Settings& settings : known) names.push_back(settings.name);
  return names;
}

const Settings& settings_named(const std::vector<Settings>& known, const std::string& name) {
  std::string names;
  for (const Settings& settings : known) {
    if (settings.name == name) return settings;
    names += (names.empty() ? "" : ", ") + settings.name;
  }
  throw UsageError(fmt::format("\"{}\" is none of {}.", name, names));
}

void apply(const Settings& settings, Options& options) {
  std::istringstream words(settings.options);
  std::string option, values;
  const auto set = [&] {
    if (!option.empty()) options.set_default(option.substr(2), values);
  };
  for (std::string word; words >> word;) {
    if (word.starts_with("--")) {
      set();
      option = word;
      values.clear();
    } else {
      values += (values.empty() ? "" : " ") + word;
    }
  }
  set();
}

void look_ahead(Options& options, std::span<const std::string> arguments) {
  std::vector<std::string> words;
  for (const std::string& argument : arguments)
    if (argument != "--help" && argument != "-h") words.push_back(argument);
  const bool helps = words.size() < arguments.size();
  try {
    options.parse(words);
  } catch (const UsageError&) {
    if (!helps) throw;
  }
}

std::string description(const std::string& kind, const Settings& settings) {
  return fmt::format("{} {} ({}): {}", kind, settings.name, settings.source, settings.options);
}

}  // namespace nudge
