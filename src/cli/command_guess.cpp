#include "cli/command_guess.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/options.h"
#include "cli/command.h"

namespace nudge {
namespace {

struct OtherWord {
  std::string_view word, command;
};

// What other programs call it.
constexpr OtherWord kOtherWords[] = {
    {"annotate", "label"},
    {"convert", "import"},
    {"demonstrate", "demo"},
    {"evaluate", "eval"},
    {"fine-tune", "sft"},
    {"finetune", "sft"},
    {"generate", "sample"},
    {"infer", "sample"},
    {"merge", "reward average"},
    {"pretraining", "pretrain"},
    {"reward-model", "reward"},
    {"reward-trainer", "reward"},
    {"rm", "reward"},
    {"rollout", "sample"},
    {"serve", "chat"},
    {"train", "sft"},
    {"trainer", "sft"},
    {"tune", "sft"},
};

std::string folded(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return c == '_' ? '-' : std::tolower(c); });
  return name;
}

}  // namespace

std::string guessed_command(const std::string& name) {
  const std::string word = folded(name);
  for (const auto& [other, command] : kOtherWords)
    if (word == other) return std::string(command);
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  std::string near = nearest_name(word, names);
  if (!near.empty()) return near;
  std::string longest;  // "snetsft", "grpo-trainer"
  for (const std::string& known : names)
    if (word.find(known) != std::string::npos && known.size() > longest.size()) longest = known;
  return longest;
}

}  // namespace nudge
