#include "cli/recipes/demo_recipe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/files.h"

namespace nudge {
namespace {

using Lines = std::vector<std::string>;

// The command lines of each ```sh block of a page: continued lines joined, comments left out, words one blank
// apart.
std::vector<Lines> blocks_of_commands(const std::string& page) {
  std::vector<Lines> blocks;
  bool inside = false, continued = false;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
      if (inside) blocks.emplace_back();
      continue;
    }
    if (!inside) continue;
    std::string command;
    bool goes_on = false;
    std::istringstream words(line);
    for (std::string word; words >> word && word[0] != '#';) {
      goes_on = word == "\\";
      if (!goes_on) command += (command.empty() ? "" : " ") + word;
    }
    if (continued) {
      blocks.back().back() += " " + command;
    } else if (!command.empty()) {
      blocks.back().push_back(command);
    }
    continued = goes_on;
  }
  return blocks;
}

Lines commands_of(const std::vector<Stage>& stages) {
  Lines lines;
  for (const Stage& stage : stages) lines.push_back(command_line(stage));
  return lines;
}

std::vector<Lines> tour() {
  return blocks_of_commands(read_file(NUDGE_SOURCE_DIR "/README.md"));
}

TEST(Tour, IsTheDemosOwnCommands) {
  const Lines demo = commands_of(demo_recipe("runs/tour", 0, false).stages);
  for (const Lines& block : tour()) {
    if (std::ranges::find(block, demo.front()) == block.end()) continue;
    Lines own;
    std::ranges::copy_if(block, std::back_inserter(own),
                         [](const std::string& line) { return line.starts_with("nudge "); });
    ASSERT_EQ(own.size(), demo.size());
    for (std::size_t i = 0; i < own.size(); ++i) EXPECT_EQ(own[i], demo[i]);
    return;
  }
  FAIL() << "no block of README.md holds: " << demo.front();
}

TEST(DemoRecipe, IsTheSameChainAtItsTinySize) {
  const std::vector<Stage> full = demo_recipe("x", 0, false).stages, tiny = demo_recipe("x", 0, true).stages;
  std::vector<std::string> left_out;
  auto small = tiny.begin();
  for (const Stage& stage : full) {
    if (small != tiny.end() && small->name == stage.name) {
      EXPECT_EQ(small->produces, stage.produces);
      ++small;
    } else {
      left_out.push_back(stage.name);
    }
  }
  EXPECT_EQ(small, tiny.end());
  EXPECT_EQ(left_out, std::vector<std::string>{"ppo-kl-0.2"});
  EXPECT_EQ(command_line(tiny[1]),
            "nudge tokenizer train --input x/world/corpus.jsonl --vocab_size 400 --output_dir x/tokenizer");
}

TEST(Tour, PutsWhatWaitsForAPersonIntoABlockOfItsOwn) {
  for (const Lines& block : tour()) {
    for (const std::string& line : block) {
      const bool waits = line.starts_with("nudge chat") || line.starts_with("nudge label");
      EXPECT_TRUE(!waits || block.size() == 1) << line;
    }
  }
}

}  // namespace
}  // namespace nudge
