#include "assembly/presets.h"

#include <sstream>

#include "base/error.h"

namespace nudge {
namespace {

struct OptionValues {
  std::string option, values;
};

std::vector<OptionValues> each_option(const Settings& settings) {
  std::vector<OptionValues> each;
  std::istringstream words(settings.options);
  for (std::string word; words >> word;) {
    if (word.starts_with("--")) {
      each.push_back({word.substr(2), ""});
    } else {
      each.back().values += (each.back().values.empty() ? "" : " ") + word;
    }
  }
  return each;
}

}  // namespace

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
  for (const auto& [option, values] : each_option(settings)) options.set_default(option, values);
}

void look_ahead(Options& options, std::span<const std::string> arguments) {
  std::vector<std::string> words;
  for (const std::string& argument : arguments)
    if (argument != "--help" && argument != "-h") words.push_back(argument);
  const bool helps = words.size() < arguments.size();
  try {
    options.read(words);
  } catch (const UsageError&) {
    if (!helps) throw;
  }
}

std::string description(const std::string& kind, const Settings& settings, const Options& options) {
  std::string text = fmt::format("{} {} ({}):", kind, settings.name, settings.source);
  for (const auto& [option, values] : each_option(settings))
    if (!options.given(option)) text += fmt::format(" --{} {}", option, values);
  return text;
}

}  // namespace nudge
