#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace nudge {

/// Where an option's value lives. Text goes in and comes out the same way for the command line, YAML and
/// --help.
using OptionTarget =
    std::variant<bool*, std::int64_t*, std::uint64_t*, double*, std::string*, std::optional<double>*,
                 std::optional<std::int64_t>*, std::vector<std::string>*, std::vector<double>*,
                 std::vector<std::int64_t>*>;

/// Sets the target from its words: one word, or any number of them for a list; "none" empties an optional.
/// False, with the target untouched, when the words do not fit.
bool assign_option(const OptionTarget& target, const std::vector<std::string>& words);

/// What the target accepts: "a number", "whole numbers"; with a range in words, that too.
std::string expected_by(const OptionTarget& target, const std::string& range = "");
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
