#include "cli/program.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "cli/command.h"

namespace nudge {
namespace {

struct Outcome {
  int code;
  std::string out, err;
};

Outcome run(std::vector<std::string> words) {
  words.insert(words.begin(), "nudge");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = run_program(static_cast<int>(arguments.size()), arguments.data());
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(Program, HelpListsEveryCommandUnderItsStage) {
  const Outcome help = run({"--help"});
  EXPECT_EQ(help.code, 0);
  for (const Command& command : commands()) {
    EXPECT_NE(help.out.find("\n  " + std::string(command.name)), std::string::npos) << command.name;
    EXPECT_NE(help.out.find("\n" + std::string(command.stage) + "\n"), std::string::npos) << command.stage;
  }
  EXPECT_EQ(help.err, "");
}

TEST(Program, NamesAreUniqueAndEveryCommandExplainsItself) {
  std::set<std::string> names;
  for (const Command& command : commands()) {
    EXPECT_TRUE(names.emplace(command.name).second) << command.name;
    testing::internal::CaptureStdout();
    const std::vector<std::string> arguments{"--help"};
    EXPECT_EQ(command.run(arguments), 0);
    const std::string help = testing::internal::GetCapturedStdout();
    EXPECT_TRUE(help.starts_with("usage: nudge " + std::string(command.name))) << help;
  }
}

TEST(Program, WrongUseIsOneSentenceAndTwo) {
  const Outcome unknown = run({"stf"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_EQ(unknown.err, "nudge: unknown command \"stf\"; did you mean \"sft\"?\n");
  EXPECT_EQ(run({"tokenizer", "trian"}).err,
            "nudge: unknown command \"tokenizer trian\"; did you mean \"tokenizer train\"?\n");
  EXPECT_EQ(run({"qqqqqqqq"}).err, "nudge: unknown command \"qqqqqqqq\"; see nudge --help.\n");
  const Outcome option = run({"inspect", "x", "--bogus"});
  EXPECT_EQ(option.code, 2);
  EXPECT_EQ(option.err, "nudge inspect: unknown option --bogus; see nudge inspect --help.\n");
  const Outcome nothing = run({});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_TRUE(nothing.err.starts_with("usage: "));
}

TEST(Program, AGroupListsItsCommands) {
  const Outcome group = run({"tokenizer", "--help"});
  EXPECT_EQ(group.code, 0);
  EXPECT_NE(group.out.find("tokenizer train"), std::string::npos);
  EXPECT_EQ(group.out.find("pretrain"), std::string::npos);
}

TEST(Program, AFailureIsOneSentenceAndOne) {
  const Outcome failure = run({"inspect", "/no/such/place"});
  EXPECT_EQ(failure.code, 1);
  EXPECT_EQ(failure.err, "nudge inspect: /no/such/place: no such file or directory.\n");
  EXPECT_EQ(failure.out, "");
}

TEST(Program, InspectPassesOverFoldersThatAreNoStep) {
  const auto folder = std::filesystem::temp_directory_path() / ("nudge-inspect-" + std::to_string(getpid()));
  for (const char* name : {"step-20", "step-99999999999999999999", "step--5", "step-", "step-3x"})
    std::filesystem::create_directories(folder / "checkpoints" / name);
  std::ofstream(folder / "config.yaml") << "seed: 0\n";
  const Outcome run_folder = run({"inspect", folder.string()});
  std::filesystem::remove_all(folder);
  EXPECT_EQ(run_folder.code, 0) << run_folder.err;
  EXPECT_NE(run_folder.out.find("at step 20\n"), std::string::npos) << run_folder.out;
}

TEST(Program, VersionNamesTorchToo) {
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("nudge 0.") && version.out.find("torch 2.") != std::string::npos)
      << version.out;
}

}  // namespace
}  // namespace nudge
