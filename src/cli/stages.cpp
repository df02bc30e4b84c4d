#include "cli/stages.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/progress.h"

namespace nudge {
namespace {

std::string quoted(const std::string& argument) {
  const bool plain =
      !argument.empty() &&
      argument.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:+,") ==
          std::string::npos;
  if (plain) return argument;
  std::string result = "'";
  for (char c : argument) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// Runs this very program with other arguments and waits. Signals reach the child by the terminal's process
// group; a signal sent to this process alone is passed on.
int run_self(const std::vector<std::string>& arguments) {
  std::vector<char*> argv = {const_cast<char*>("nudge")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, argv.data(), environ);
  require(error == 0, "Could not start a stage: {}.", std::strerror(error));
  int status = 0;
  bool passed_on = false;
  while (waitpid(child, &status, 0) < 0) {
    require(errno == EINTR, "Could not wait for a stage: {}.", std::strerror(errno));
    if (interrupt_requested() && !passed_on) kill(child, SIGTERM);
    passed_on = interrupt_requested();
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string command_line(const Stage& stage) {
  std::string line = "nudge";
  for (const std::string& argument : stage.arguments) line += " " + quoted(argument);
  return line;
}

void run_stages(const std::vector<Stage>& stages, const std::filesystem::path& timing) {
  std::size_t number = 0;
  for (const Stage& stage : stages) {
    ++number;
    const std::string heading = fmt::format("[{}/{}] {}", number, stages.size(), stage.title);
    if (exists(stage.produces)) {
      say(heading + ": done before");
      continue;
    }
    say(heading + "\n  $ " + command_line(stage));
    const double began = now_seconds();
    const int code = run_self(stage.arguments);
    if (code == 130 || interrupt_requested()) {
      throw Interrupted(
          fmt::format("Stopped in the stage {}; the same command goes on from there.", stage.name));
    }
    require(code == 0, "The stage {} failed with exit code {}; its command was: {}", stage.name, code,
            command_line(stage));
    require(exists(stage.produces), "The stage {} ended well but did not write {}.", stage.name,
            stage.produces.string());
    AppendFile(timing).write_line(to_line({{"stage", stage.name}, {"seconds", now_seconds() - began}}));
  }
}

}  // namespace nudge
