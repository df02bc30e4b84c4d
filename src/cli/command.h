#pragma once

#include <span>
#include <string>
#include <string_view>

namespace nudge {

/// One command: `run` gets the arguments behind the command's name and returns the exit code; it may throw
/// Error.
struct Command {
  std::string_view name;     // "sft", "tokenizer train"
  std::string_view summary;  // one sentence for `nudge --help`
  std::string_view stage;    // heading in `nudge --help`: "make a model", "gather preferences", "learn the
                             // reward", "optimise", "look", "whole recipes"
  int (*run)(std::span<const std::string> arguments);
};

/// All commands, in the order of --help. The only registry.
std::span<const Command> commands();

}  // namespace nudge
