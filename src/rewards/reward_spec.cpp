#include "rewards/reward_spec.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/options.h"

namespace nudge {
namespace {

template <class T>
std::optional<T> parsed(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

RewardSpec parse_reward_spec(const std::string& text) {
  RewardSpec spec{.text = text};
  std::string_view rest = text;
  const auto refuse = [&](const std::string& reason) { SpecReader(spec).refuse(reason); };
  if (const auto star = rest.find('*'); star < rest.find_first_of(":,")) {
    const auto weight = parsed<double>(rest.substr(0, star));
    if (!weight || !any_number().holds(*weight))
      refuse("before the * a weight is expected, as in 0.5*number");
    spec.weight = *weight;
    rest.remove_prefix(star + 1);
  }
  const auto colon = rest.find(':');
  if (colon != std::string_view::npos) spec.argument = rest.substr(colon + 1);
  rest = rest.substr(0, colon);
  const auto comma = rest.find(',');
  spec.name = rest.substr(0, comma);
  while (rest.find(',') != std::string_view::npos) {
    rest.remove_prefix(rest.find(',') + 1);
    const std::string_view setting = rest.substr(0, rest.find(','));
    const auto equals = setting.find('=');
    if (equals == std::string_view::npos || equals == 0)
      refuse(fmt::format("\"{}\" is no setting; settings are written key=value", setting));
    spec.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  if (spec.name.empty()) refuse("a reward needs a name, as in number or 0.5*think_format");
  return spec;
}

void SpecReader::refuse(const std::string& reason) const {
  throw UsageError(fmt::format("reward \"{}\": {}{}", spec_.text, reason, reason.ends_with('?') ? "" : "."));
}

const std::string* SpecReader::value_of(const std::string& key) {
  known_.push_back(key);
  const auto found = std::find_if(spec_.settings.begin(), spec_.settings.end(),
                                  [&](const auto& setting) { return setting.first == key; });
  return found == spec_.settings.end() ? nullptr : &found->second;
}

void SpecReader::read(const std::string& key, std::string& target) {
  if (const std::string* value = value_of(key)) target = *value;
}

void SpecReader::read(const std::string& key, double& target) {
  const std::string* value = value_of(key);
  if (!value) return;
  const auto number = parsed<double>(*value);
  if (!number || !any_number().holds(*number))
    refuse(fmt::format("{} expects a number, but came \"{}\"", key, *value));
  target = *number;
}

void SpecReader::read(const std::string& key, std::int64_t& target) {
  const std::string* value = value_of(key);
  if (!value) return;
  const auto number = parsed<std::int64_t>(*value);
  if (!number || !any_number().holds(static_cast<double>(*number)))
    refuse(fmt::format("{} expects a whole number, but came \"{}\"", key, *value));
  target = *number;
}

void SpecReader::read(const std::string& key, bool& target) {
  const std::string* value = value_of(key);
  if (!value) return;
  if (*value != "true" && *value != "false")
    refuse(fmt::format("{} expects true or false, but came \"{}\"", key, *value));
  target = *value == "true";
}

std::optional<std::size_t> SpecReader::read_one_of(const std::string& key,
                                                   const std::vector<std::string>& names) {
  const std::string* value = value_of(key);
  if (!value) return std::nullopt;
  const auto found = std::ranges::find(names, *value);
  if (found == names.end())
    refuse(fmt::format("{} must be {} or {}", key, fmt::join(names.begin(), names.end() - 1, ", "),
                       names.back()));
  return found - names.begin();
}

const std::string& SpecReader::argument(const std::string& what) {
  takes_argument_ = true;
  if (spec_.argument.empty()) refuse(fmt::format("{} is expected behind a colon", what));
  return spec_.argument;
}

std::string SpecReader::component_name(const std::string& otherwise) {
  std::string name = otherwise.empty() ? spec_.name : otherwise;
  read("name", name);
  if (name.empty()) refuse("its name is empty");
  return name;
}

void SpecReader::finish() const {
  for (const auto& [key, value] : spec_.settings) {
    if (std::count(known_.begin(), known_.end(), key)) continue;
    const std::string near = nearest_name(key, known_);
    refuse(fmt::format("unknown setting {}{}", key, near.empty() ? "" : "; did you mean " + near + "?"));
  }
  if (!takes_argument_ && !spec_.argument.empty())
    refuse(fmt::format("{} takes nothing behind a colon", spec_.name));
}

}  // namespace nudge
