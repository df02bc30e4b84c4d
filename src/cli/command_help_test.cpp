#include "cli/command_help_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/files.h"
#include "cli/trl_names.h"

namespace nudge {
namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream words(line);
  return {std::istream_iterator<std::string>(words), {}};
}

TEST(CommandHelp, GivesAnExampleThatNamesWhatMustBeGiven) {
  for (const Command& command : commands()) {
    const CommandHelp help = help_of(command);
    EXPECT_TRUE(help.example.starts_with("nudge " + std::string(command.name) + " ") ||
                help.example == "nudge " + std::string(command.name))
        << command.name << ": " << help.example;
    const std::vector<std::string> words = words_of(help.example);
    for (const HelpOption& option : help.options) {
      const bool required = option.text.find("(required") != std::string::npos;
      EXPECT_TRUE(!required || std::ranges::count(words, "--" + option.name) == 1) << help.example;
    }
    for (const std::string& word : words) {
      if (!word.starts_with("--")) continue;
      EXPECT_TRUE(std::ranges::any_of(help.options, [&](const HelpOption& option) {
        return "--" + option.name == word;
      })) << help.example;
    }
  }
}

TEST(CommandHelp, PutsTheFewThatMatterFirst) {
  for (const Command& command : commands()) {
    const CommandHelp help = help_of(command);
    if (help.options.size() < 14) continue;
    const auto first = std::ranges::count(help.options, "Start with these", &HelpOption::section);
    EXPECT_GE(first, 2) << command.name;
    EXPECT_LE(first, 6) << command.name;
  }
}

TEST(CommandHelp, SaysWhatStandsForAFile) {
  for (const Command& command : commands()) {
    for (const HelpOption& option : help_of(command).options) {
      if (option.name == "dataset" || option.name == "output" || option.name == "output_dir" ||
          option.name == "model") {
        EXPECT_FALSE(option.placeholder.starts_with("TEXT")) << command.name << " --" << option.name;
      }
    }
  }
}

TEST(TrlNames, AreNoNamesOfNudge) {
  std::string all;
  for (const Command& command : commands()) all += help_of(command).text;
  for (const TrlName& each : trl_names()) {
    EXPECT_FALSE(std::regex_search(all, std::regex("--(\\[no_\\])?" + std::string(each.name) + "\\b")))
        << each.name;
    EXPECT_TRUE(each.here.ends_with('.')) << each.name;
  }
  EXPECT_GE(trl_names().size(), 40);
  EXPECT_TRUE(std::ranges::is_sorted(trl_names(), {}, &TrlName::name));
}

TEST(TrlNames, StandInThePageForThoseWhoComeFromTrl) {
  const std::string page = read_file(NUDGE_SOURCE_DIR "/docs/coming-from-trl.md");
  for (const TrlName& each : trl_names())
    EXPECT_NE(page.find(fmt::format("| `{}` | {} |\n", each.name, each.here)), std::string::npos)
        << each.name;
}

}  // namespace
}  // namespace nudge
