#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace nudge {

/// One command of a recipe, or another program.
struct Stage {
  std::string name;                    // folder or file stem of what it makes
  std::string title;                   // for people
  std::vector<std::string> arguments;  // behind the program's name
  std::filesystem::path produces;  // exists when the stage is complete: stages write it last and atomically
  std::string program = kThisProgram;  // else looked up in PATH

  static constexpr const char* kThisProgram = "nudge";
  bool is_command() const { return program == kThisProgram; }
};

/// Runs the stages in order, each as a process of its own with its command line printed, so that any of them
/// can be repeated by hand. Complete stages are skipped; so an interrupted recipe goes on where it stopped.
/// Throws Error naming the stage that failed, Interrupted when it was interrupted. Wall-clock seconds of each
/// are appended to `timing` (JSON Lines).
void run_stages(const std::vector<Stage>& stages, const std::filesystem::path& timing);

/// The command line of a stage as a person would type it.
std::string command_line(const Stage& stage);

}  // namespace nudge
