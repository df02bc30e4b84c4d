#include "cli/recipes/stages.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/progress.h"
#include "cli/process.h"

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

// The environment of a stage, which says whose stage it is.
std::vector<std::string> stage_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable; ++variable) variables.emplace_back(*variable);
  variables.push_back(fmt::format("{}={}", kRecipeProcess, getpid()));
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

volatile pid_t running_stage = 0;

// Ctrl-Z stops the stage with us, and `fg` or `bg` lets both go on.
extern "C" void pause_with_stage(int) {
  kill(running_stage, SIGSTOP);
  raise(SIGSTOP);
  kill(running_stage, SIGCONT);
}

// In a process group of its own: a signal of the terminal reaches it through us, once, as one sent to us
// alone does.
pid_t start(const Stage& stage) {
  std::vector<std::string> words = stage.arguments;
  words.insert(words.begin(), stage.program);
  std::vector<std::string> variables = stage_environment();
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawn_file_actions_t no_input;  // the terminal's belongs to our group
  posix_spawn_file_actions_init(&no_input);
  posix_spawn_file_actions_addopen(&no_input, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  pid_t child = 0;
  const char* const file = stage.is_command() ? "/proc/self/exe" : stage.program.c_str();
  const int error =
      posix_spawnp(&child, file, &no_input, &attributes, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&no_input);
  posix_spawnattr_destroy(&attributes);
  require(error == 0, "The stage {} could not be started: {}: {}.", stage.name, stage.program,
          std::strerror(error));
  return child;
}

// Runs the stage and waits, passing on that we are asked to stop.
int run(const Stage& stage) {
  constexpr timespec kLook{.tv_sec = 0, .tv_nsec = 20'000'000};
  const pid_t child = start(stage);
  running_stage = child;
  const auto pausing = signal(SIGTSTP, pause_with_stage);
  bool passed_on = false;
  int status = 0;
  for (pid_t ended = 0; ended != child;) {
    ended = waitpid(child, &status, WNOHANG);
    require(ended >= 0, "Could not wait for a stage: {}.", std::strerror(errno));
    if (interrupt_requested() && !passed_on) kill(child, SIGTERM);
    passed_on = interrupt_requested();
    if (ended == 0) nanosleep(&kLook, nullptr);
  }
  signal(SIGTSTP, pausing);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::string command_line(const Stage& stage) {
  std::string line = quoted(stage.program);
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
    const int code = run(stage);
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
