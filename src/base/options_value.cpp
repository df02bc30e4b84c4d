#include "base/options_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace nudge {
namespace {

template <class T>
constexpr bool kList = false;
template <class T>
constexpr bool kList<std::vector<T>> = true;
template <class T>
constexpr bool kOptional = false;
template <class T>
constexpr bool kOptional<std::optional<T>> = true;

template <class T>
bool read_exactly(std::string_view word, T& value) {
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size();
}

bool read(const std::string& word, std::string& value) {
  value = word;
  return true;
}

bool read(const std::string& word, bool& value) {
  auto known = read_bool(word);
  if (known) value = *known;
  return known.has_value();
}

bool read(const std::string& word, double& value) {
  if (word == ".inf" || word == "-.inf" || word == ".nan") {  // as YAML spells them
    return read_exactly(word[0] == '-' ? "-inf" : std::string_view(word).substr(1), value);
  }
  return read_exactly(word, value);
}

template <class Integer>
bool read(const std::string& word, Integer& value) {
  if (read_exactly(word, value)) return true;
  double number = 0;  // "1e6" is a whole number to a person
  if (!read_exactly(word, number) || number != std::trunc(number) || std::abs(number) > 9e15) return false;
  if (std::is_unsigned_v<Integer> && number < 0) return false;
  value = static_cast<Integer>(number);
  return true;
}

template <class T>
bool assign(T& target, const std::vector<std::string>& words) {
  if (words.size() != 1) return false;
  T value{};
  if (!read(words[0], value)) return false;
  target = value;
  return true;
}

template <class T>
bool assign(std::optional<T>& target, const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "none") {
    target.reset();
    return true;
  }
  T value{};
  if (!assign(value, words)) return false;
  target = value;
  return true;
}

template <class T>
bool assign(std::vector<T>& target, const std::vector<std::string>& words) {
  std::vector<T> values(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!read(words[i], values[i])) return false;
  }
  target = std::move(values);
  return true;
}

bool assign(const NamedTarget& target, const std::vector<std::string>& words) {
  const auto known = [&](const std::string& word) { return std::ranges::count(target.names, word) > 0; };
  if ((!target.list && words.size() != 1) || !std::ranges::all_of(words, known)) return false;
  target.set(words);
  return true;
}

const char* noun(bool) {
  return "true or false";
}
const char* noun(double) {
  return "a number";
}
const char* noun(std::int64_t) {
  return "a whole number";
}
const char* noun(std::uint64_t) {
  return "a whole number, 0 or more";
}
const char* noun(const std::string&) {
  return "one text";
}
const char* noun(const std::vector<double>&) {
  return "numbers";
}
const char* noun(const std::vector<std::int64_t>&) {
  return "whole numbers";
}
const char* noun(const std::vector<std::string>&) {
  return "texts";
}
template <class T>
std::string noun(const std::optional<T>&) {
  return noun(T{});
}
std::string noun(const NamedTarget& target) {
  std::string names;
  for (const std::string& name : target.names) names += (names.empty() ? "one of " : ", ") + name;
  return names;
}

const char* placeholder(bool) {
  return "";
}
const char* placeholder(double) {
  return "NUMBER";
}
const char* placeholder(std::int64_t) {
  return "INTEGER";
}
const char* placeholder(std::uint64_t) {
  return "INTEGER";
}
const char* placeholder(const std::string&) {
  return "TEXT";
}
template <class T>
std::string placeholder(const std::vector<T>&) {
  return std::string(placeholder(T{})) + " ...";
}
template <class T>
std::string placeholder(const std::optional<T>&) {
  return placeholder(T{});
}
std::string placeholder(const NamedTarget& target) {
  return target.list ? "CHOICE ..." : "CHOICE";
}

/// A string that YAML reads as itself without quotes, whatever reads it.
bool is_plain(const std::string& text) {
  static constexpr std::array kWords = {"null", "true", "false", "yes", "no",  "on",
                                        "off",  "none", "y",     "n",   "inf", "nan"};
  auto safe = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '/' || c == '.' || c == '-'; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), safe)) return false;
  if (!std::isalpha(static_cast<unsigned char>(text[0])) && text[0] != '/') return false;
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(kWords.begin(), kWords.end(), lower) == kWords.end();
}

std::string yaml(const std::string& text) {
  if (is_plain(text)) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\x{:02x}", c);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string yaml(bool value) {
  return value ? "true" : "false";
}
std::string yaml(std::int64_t value) {
  return std::to_string(value);
}
std::string yaml(std::uint64_t value) {
  return std::to_string(value);
}
std::string yaml(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
  return std::string(digits.begin(), end);
}
template <class T>
std::string yaml(const std::optional<T>& value) {
  return value ? yaml(*value) : "null";
}
template <class T>
std::string yaml(const std::vector<T>& values) {
  std::string list;
  for (const T& value : values) list += (list.empty() ? "" : ", ") + yaml(value);
  return "[" + list + "]";
}
std::string yaml(const NamedTarget& target) {
  return target.list ? yaml(target.get()) : yaml(target.get().at(0));
}

/// What --help has no room or no sign for is written shorter, or as YAML would.
std::string shown(const std::string& value) {
  const bool signs = std::ranges::all_of(value, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  return signs ? value : yaml(value);
}
std::string shown(double value) {
  const std::string exact = yaml(value);
  return exact.size() > 8 ? fmt::format("{:.4g}", value) : exact;
}
template <class T>
std::string shown(const T& value) {
  return yaml(value);
}
template <class T>
std::string shown(const std::optional<T>& value) {
  return value ? shown(*value) : "none";
}
template <class T>
std::string shown(const std::vector<T>& values) {
  std::string list;
  for (const T& value : values) list += (list.empty() ? "" : " ") + shown(value);
  return list;
}
std::string shown(const NamedTarget& target) {
  return target.list ? shown(target.get()) : shown(target.get().at(0));
}

void another(bool& value) {
  value = !value;
}
void another(std::string& value) {
  value += '.';
}
template <class T>
void another(T& value) {
  value = value == 0 ? 1 : 0;
}
template <class T>
void another(std::optional<T>& value) {
  value ? value.reset() : void(value.emplace());
}
template <class T>
void another(std::vector<T>& values) {
  values.emplace_back();
}
void another(const NamedTarget& target) {
  NamedTarget::Words words = target.get();
  if (target.list) {
    words.push_back(target.names.front());
  } else {
    words = {target.names.at(words == NamedTarget::Words{target.names.front()} ? 1 : 0)};
  }
  target.set(words);
}

template <class T>
void collect(const T& value, std::vector<double>& numbers) {
  if constexpr (kList<T> || kOptional<T>) {
    if constexpr (kOptional<T>) {
      if (value) collect(*value, numbers);
    } else {
      for (const auto& each : value) collect(each, numbers);
    }
  } else if constexpr (!std::is_same_v<T, std::string> && !std::is_same_v<T, bool>) {
    numbers.push_back(static_cast<double>(value));
  }
}
void collect(const NamedTarget&, std::vector<double>&) {}

bool list(const NamedTarget& target) {
  return target.list;
}
template <class T>
bool list(const T&) {
  return kList<T>;
}

template <class Function>
auto visit(const OptionTarget& target, Function function) {
  return std::visit([&](const auto& value) { return function(*value); }, target);
}

}  // namespace

std::optional<bool> read_bool(const std::string& word) {
  std::string lower = word;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "no" || lower == "off") return false;
  return std::nullopt;
}

bool assign_option(const OptionTarget& target, const std::vector<std::string>& words) {
  return visit(target, [&](auto& value) { return assign(value, words); });
}

std::string expected_by(const OptionTarget& target, const std::string& range) {
  std::string text = visit(target, [](const auto& value) { return std::string(noun(value)); });
  if (!range.empty()) text += (is_list(target) ? ", each " : ", ") + range;
  return is_optional(target) ? text + ", or none" : text;
}

std::vector<std::string> names_taken_by(const OptionTarget& target) {
  const auto* named = std::get_if<std::shared_ptr<const NamedTarget>>(&target);
  return named ? (*named)->names : std::vector<std::string>{};
}

void change(const OptionTarget& target) {
  visit(target, [](auto& value) { another(value); });
}

std::vector<double> numbers_in(const OptionTarget& target) {
  std::vector<double> numbers;
  visit(target, [&](const auto& value) { collect(value, numbers); });
  return numbers;
}

std::string placeholder_of(const OptionTarget& target) {
  return visit(target, [](const auto& value) { return std::string(placeholder(value)); });
}

std::string shown_value(const OptionTarget& target) {
  return visit(target, [](const auto& value) { return shown(value); });
}

std::string yaml_value(const OptionTarget& target) {
  return visit(target, [](const auto& value) { return yaml(value); });
}

bool is_list(const OptionTarget& target) {
  return visit(target, [](const auto& value) { return list(value); });
}

bool is_optional(const OptionTarget& target) {
  return visit(target, [](const auto& value) { return kOptional<std::decay_t<decltype(value)>>; });
}

}  // namespace nudge
