#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/names.h"

namespace nudge {

/// A value of an enum, or a list of such, behind its names.
struct NamedTarget {
  using Words = std::vector<std::string>;
  Words names;
  bool list = false;
  std::function<Words()> get;
  std::function<void(const Words&)> set;  // each of `names`

  template <class Enum>
  static std::shared_ptr<const NamedTarget> of(Enum& target) {
    return std::make_shared<NamedTarget>(
        NamedTarget{.names = names_of<Enum>(),
                    .get = [&target] { return Words{name_of(target)}; },
                    .set = [&target](const Words& words) { target = value_of<Enum>(words.at(0), ""); }});
  }
  template <class Enum>
  static std::shared_ptr<const NamedTarget> of(std::vector<Enum>& target) {
    const auto get = [&target] {
      Words words;
      for (const Enum value : target) words.push_back(name_of(value));
      return words;
    };
    const auto set = [&target](const Words& words) {
      target.clear();
      for (const std::string& word : words) target.push_back(value_of<Enum>(word, ""));
    };
    return std::make_shared<NamedTarget>(
        NamedTarget{.names = names_of<Enum>(), .list = true, .get = get, .set = set});
  }
};

/// An option and a value as on the command line: "beta", "0.04".
struct OptionValue {
  std::string name, value;
};

/// Where an option's value lives. Text goes in and comes out the same way for the command line, YAML and
/// --help.
using OptionTarget =
    std::variant<bool*, std::int64_t*, std::uint64_t*, double*, std::string*, std::optional<double>*,
                 std::optional<std::int64_t>*, std::vector<std::string>*, std::vector<double>*,
                 std::vector<std::int64_t>*, std::shared_ptr<const NamedTarget>>;

/// Sets the target from its words: one word, or any number of them for a list; "none" empties an optional.
/// False, with the target untouched, when the words do not fit.
bool assign_option(const OptionTarget& target, const std::vector<std::string>& words);

/// What the target accepts: "a number", "whole numbers"; with a range in words, that too.
std::string expected_by(const OptionTarget& target, const std::string& range = "");
/// The words that the target takes; none when it takes more than names.
std::vector<std::string> names_taken_by(const OptionTarget& target);
/// Gives the target another value than it has.
void change(const OptionTarget& target);
/// The numbers that the target holds now; none for texts and booleans.
std::vector<double> numbers_in(const OptionTarget& target);
/// The word behind the name in --help: "NUMBER"; "" for booleans.
std::string placeholder_of(const OptionTarget& target);
/// The value as --help shows it.
std::string shown_value(const OptionTarget& target);
/// The value as YAML; assign_option of what YAML reads back gives the same bits.
std::string yaml_value(const OptionTarget& target);

bool is_list(const OptionTarget& target);
bool is_optional(const OptionTarget& target);
std::optional<bool> read_bool(const std::string& word);

}  // namespace nudge
