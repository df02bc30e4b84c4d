// Every number that a command takes has a range, which --help shows, and which is kept: by all options of all
// commands, with the six values that no run survives or that only a slip gives.
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "base/error.h"
#include "cli/command_help_test.h"

namespace nudge {
namespace {

/// Whether a value is inside the range as --help words it.
bool allowed(const std::string& text, double value) {
  std::smatch found;
  const std::string number = "(-?[0-9.]+)";
  const auto matches = [&](const std::string& pattern) {
    return std::regex_search(text, found, std::regex("\\[" + pattern + "[;,\\]]"));
  };
  const auto end = [&](int group) { return std::stod(found[static_cast<std::size_t>(group)]); };
  std::smatch other;
  if (std::regex_search(text, other, std::regex(", or (-?[0-9]+|inf)[;\\]]")) && value == std::stod(other[1]))
    return true;
  if (!(std::abs(value) <= 1e9)) return false;
  if (matches("from " + number + " to " + number)) return value >= end(1) && value <= end(2);
  if (matches("above " + number + ", at most " + number)) return value > end(1) && value <= end(2);
  if (matches("above " + number + ", below " + number)) return value > end(1) && value < end(2);
  if (matches("at least " + number + ", below " + number)) return value >= end(1) && value < end(2);
  if (matches("above " + number)) return value > end(1);
  if (matches(number + " or more")) return value >= end(1);
  return true;
}

bool refused(const Command& command, const std::string& option, const std::string& value) {
  const std::vector<std::string> arguments{"--" + option, value};
  try {
    command.run(arguments);
  } catch (const UsageError& error) {
    return std::string(error.what()).starts_with("--" + option + " expects ");
  } catch (const Error&) {
    return false;
  }
  return false;
}

TEST(OptionRanges, SixImpossibleValuesInAllOptionsOfAllCommands) {
  int tried = 0;
  for (const Command& command : commands()) {
    for (const HelpOption& option : help_of(command).options) {
      if (!option.number() || option.name == "seed") continue;  // any seed is one
      for (const char* value : {"-1", "0", "nan", "inf", "1e308", "9223372036854775807"}) {
        EXPECT_EQ(refused(command, option.name, value), !allowed(option.text, std::stod(value)))
            << command.name << " --" << option.name << " " << value << "\n"
            << option.text;
        ++tried;
      }
    }
  }
  EXPECT_GT(tried, 1000);
}

TEST(OptionRanges, EveryDefaultIsInsideItsRange) {
  for (const Command& command : commands()) {
    for (const HelpOption& option : help_of(command).options) {
      std::smatch found;
      const bool number =
          option.number() && std::regex_search(option.text, found, std::regex("\\(default: ([-0-9.e]+)\\)"));
      if (!number) continue;
      EXPECT_TRUE(allowed(option.text, std::stod(found[1]))) << command.name << " " << option.name;
    }
  }
}

TEST(OptionRanges, ASeedIsAnyWholeNumberFromZero) {
  for (const Command& command : commands()) {
    for (const HelpOption& option : help_of(command).options) {
      if (option.name != "seed") continue;
      for (const char* value : {"-1", "nan", "inf", "1e308"})
        EXPECT_TRUE(refused(command, "seed", value)) << command.name << " " << value;
    }
  }
}

}  // namespace
}  // namespace nudge
