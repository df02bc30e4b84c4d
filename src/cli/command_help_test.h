#pragma once

// What `nudge COMMAND --help` says, taken apart: what a user can know of a command's options.

#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command.h"

namespace nudge {

struct HelpOption {
  std::string name, placeholder, text, section;
  bool number() const { return placeholder.starts_with("NUMBER") || placeholder.starts_with("INTEGER"); }
};

struct CommandHelp {
  std::string text, example;
  std::vector<HelpOption> options;
};

inline CommandHelp help_of(const Command& command) {
  setenv("COLUMNS", "4000", 1);  // each option on a line of its own
  testing::internal::CaptureStdout();
  EXPECT_EQ(command.run(std::vector<std::string>{"--help"}), 0);
  CommandHelp help{.text = testing::internal::GetCapturedStdout()};
  unsetenv("COLUMNS");
  static const std::regex option(R"(^  --(\[no_\])?([A-Za-z0-9_]+) ?(([A-Z=]+)( \.\.\.)?)?  +(.*)$)");
  std::istringstream lines(help.text);
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (!line.empty() && line[0] != ' ') section = line;
    if (section == "Example" && line.starts_with("  nudge ")) help.example = line.substr(2);
    if (std::regex_match(line, found, option))
      help.options.push_back({found[2], found[3], found[6], section});
  }
  return help;
}

}  // namespace nudge
