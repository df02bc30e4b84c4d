#include "cli/program.h"

#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/options.h"
#include "base/terminal.h"
#include "cli/command.h"
#include "cli/command_guess.h"
#include "cli/out_of_memory.h"
#include "cli/process.h"
#include "cli/trl_names.h"

namespace nudge {
namespace {

/// The commands grouped by stage; of a group ("tokenizer") only its own.
std::string overview(int width, const std::string& group = "") {
  std::vector<HelpLine> lines;
  for (const Command& command : commands()) {
    const bool member = group.empty() || command.name.starts_with(group + " ");
    if (member)
      lines.push_back({std::string(command.stage), std::string(command.name), std::string(command.summary)});
  }
  std::string text = "usage: nudge COMMAND [--option value ...]\n";
  if (group.empty()) {
    text +=
        "\n" +
        wrap(
            "Turns a pretrained language model into one that does what its users ask, and shows that it did.",
            width) +
        "\n";
  }
  return text + help_lines(lines, width) + "\n" +
         wrap("nudge COMMAND --help shows the options of one command; nudge --version the version.", width) +
         "\n";
}

const Command* find_command(const std::string& name) {
  for (const Command& command : commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

bool is_group(const std::string& word) {
  return std::ranges::any_of(commands(),
                             [&](const Command& command) { return command.name.starts_with(word + " "); });
}

bool asks_for_help(const std::string& word) {
  return word == "--help" || word == "-h" || word == "help";
}

[[noreturn]] void unknown_command(const std::string& name) {
  const std::string near = guessed_command(name);
  throw UsageError(near.empty() ? fmt::format("unknown command \"{}\"; see nudge --help.", name)
                                : fmt::format("unknown command \"{}\"; did you mean \"{}\"?", name, near));
}

int dispatch(std::vector<std::string> words, std::string& speaker) {
  if (words.size() > 1 && words[0] == "help") {  // nudge help ppo
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  if (words.empty() || asks_for_help(words[0])) {
    std::FILE* out = words.empty() ? stderr : stdout;
    std::fputs(overview(terminal_columns(fileno(out))).c_str(), out);
    return words.empty() ? 2 : 0;
  }
  if (words[0] == "--version" || words[0] == "version") {
    std::printf("nudge %s (torch %s)\n", NUDGE_VERSION, TORCH_VERSION);
    return 0;
  }
  std::string name = words[0];
  if (words.size() > 1 && find_command(name + " " + words[1])) {
    name += " " + words[1];
  } else if (is_group(name) && !find_command(name)) {
    if (words.size() == 1 || asks_for_help(words[1])) {
      std::fputs(overview(terminal_columns(STDOUT_FILENO), name).c_str(), stdout);
      return words.size() == 1 ? 2 : 0;
    }
    name += " " + words[1];
  }
  const Command* command = find_command(name);
  if (!command) unknown_command(name);
  speaker += " " + name;
  const std::size_t taken = 1 + static_cast<std::size_t>(std::count(name.begin(), name.end(), ' '));
  return command->run(std::span(words).subspan(taken));
}

/// A command whose words nobody got has failed: a full disk, a pipe whose reader is gone.
void flush_output() {
  require(std::fflush(stdout) == 0 && !std::ferror(stdout), "standard output cannot be written.");
}

/// Libraries append traces; a person needs the first line.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// The sentence without the names that its author put before it, where the speaker says them already: a
/// command's ("ppo: "), or the whole ("nudge world: ").
std::string without_speaker(const std::string& sentence, const std::string& speaker) {
  if (sentence.starts_with(speaker + ": ")) return sentence.substr(speaker.size() + 2);
  for (const Command& command : commands()) {
    const std::string name = std::string(command.name) + ": ";
    if (sentence.starts_with(name)) return sentence.substr(name.size());
  }
  return sentence;
}

int complain(const std::string& speaker, const std::string& sentence, int code) {
  std::fprintf(stderr, "%s: %s\n", speaker.c_str(), without_speaker(sentence, speaker).c_str());
  return code;
}

/// A sentence for each option that the command does not have; those of TRL are known.
int complain(const std::string& speaker, const UnknownOption& error) {
  for (const auto& [where, dashes, name, hint] : error.names()) {
    const std::string_view here = said_of_trl_name(name);
    complain(speaker,
             where + (here.empty() ? fmt::format("unknown option {}{}; {}", dashes, name, hint)
                                   : fmt::format("{}{} is an option of TRL; here: {}", dashes, name, here)),
             2);
  }
  return 2;
}

}  // namespace

int run_program(int argc, char** argv) {
  std::string speaker = "nudge";
  try {
    prepare_process();
    const int code = dispatch(std::vector<std::string>(argv + 1, argv + argc), speaker);
    flush_output();
    return code;
  } catch (const UnknownOption& error) {
    return complain(speaker, error);
  } catch (const UsageError& error) {
    return complain(speaker, error.what(), 2);
  } catch (const Interrupted& error) {
    return complain(speaker, error.what(), 130);
  } catch (const Error& error) {
    return complain(speaker, error.what(), 1);
  } catch (const std::exception& error) {
    if (out_of_memory(error))
      return complain(
          speaker,
          "out of memory: the data and the models are more than this machine holds; give a part of "
          "the data, or a smaller model.",
          1);
    return complain(speaker, "failed unexpectedly: " + first_line(error.what()), 1);
  }
}

}  // namespace nudge
