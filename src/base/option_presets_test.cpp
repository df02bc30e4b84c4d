// Options of several structs together: one nested in another, presets that fill one, rules over several.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"

namespace nudge {
namespace {

enum class Slope { linear, cosine };
constexpr auto names_table(Slope) {
  return std::to_array<Named<Slope>>({{Slope::linear, "linear"}, {Slope::cosine, "cosine"}});
}

// What other options hold may depend on one that is read first, wherever it stands.
struct Method {
  Slope fall = Slope::linear;
  bool masked = false;
  double beta = 0.5, gamma = 1;
  std::vector<double> range;
  std::string pattern;
};

void declare(Options& options, Method& method) {
  options.section("Method");
  options.choose("fall", method.fall, "How.");
  options.add("masked", method.masked, "A switch.");
  options.add("beta", method.beta, "The leash.").within(at_least(0));
  options.add("gamma", method.gamma, "A discount.").within(between(0, 1));
  options.add("range", method.range, "Two numbers.");
  options.add("pattern", method.pattern, "One word.");
  options.rule([&method] {
    if (method.beta > 1 && method.gamma < 1) throw UsageError("--beta and --gamma exclude each other.");
  });
}

struct Command {
  std::string preset = "plain";
  Method method;
};

TEST(Options, NestAPartWithoutEndingASection) {
  struct Whole {
    std::int64_t before = 0, behind = 0;
    Method method;
  } whole;
  Options options("sft", "Trains.");
  options.section("Loss");
  options.add("before", whole.before, "First.").within(any_number());
  options.nest(whole.method);
  options.add("behind", whole.behind, "Last.").within(any_number());
  const std::string help = options.help(100);
  const auto loss = help.find("\nLoss\n"), method = help.find("\nMethod\n"), behind = help.find("--behind");
  EXPECT_TRUE(loss < behind && behind < method && method < help.find("--gamma")) << help;
}

std::vector<Preset<Method>> presets_of(const Command& command) {
  if (command.preset == "plain") return {};
  return {{"preset firm (a paper)", [](Method& method) {
             method.fall = Slope::linear;  // as it is
             method.masked = true;
             method.beta = 0.04;
             method.range = {-10, 10};
             method.pattern = "a b";
           }}};
}

Options options_of(Command& command) {
  Options options("grpo", "Trains.");
  declare(options, command.method);
  options.choose("preset", command.preset, {"plain", "firm"}, "A method.");
  options.presets<Method>({"preset"}, command.method, [&command] { return presets_of(command); });
  return options;
}

TEST(Presets, GiveDefaultsThatGiveWayAndAreTold) {
  Command command;
  testing::internal::CaptureStderr();
  ASSERT_TRUE(options_of(command).parse(std::vector<std::string>{"--beta", "0.5", "--preset", "firm"}));
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "preset firm (a paper): --fall linear --masked true --range -10 10 --pattern a b\n");
  EXPECT_TRUE(command.method.masked);
  EXPECT_EQ(command.method.beta, 0.5);
  EXPECT_EQ(command.method.gamma, 1);
  EXPECT_EQ(command.method.range, (std::vector<double>{-10, 10}));

  Command plain;
  testing::internal::CaptureStderr();
  ASSERT_TRUE(options_of(plain).parse({}));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(plain.method.beta, 0.5);
}

std::string help_with(std::vector<std::string> arguments) {
  Command command;
  arguments.insert(arguments.begin(), "--help");
  testing::internal::CaptureStdout();
  EXPECT_FALSE(options_of(command).parse(arguments));
  return testing::internal::GetCapturedStdout();
}

TEST(Presets, AreShownByHelp) {
  const std::string firm = help_with({"--beta", "3", "--preset", "firm"});
  EXPECT_NE(firm.find("(default: 0.04)"), std::string::npos) << firm;
  EXPECT_NE(firm.find("(default: firm)"), std::string::npos) << firm;
  EXPECT_EQ(help_with({"--preset", "nonsense"}), help_with({}));
}

TEST(Presets, StandBelowTheFile) {
  const auto file = std::filesystem::temp_directory_path() / ("nudge-presets-" + std::to_string(getpid()));
  write_file(file, "beta: 2\npreset: firm\n");
  Command command;
  ASSERT_TRUE(
      options_of(command).parse(std::vector<std::string>{"--config", file.string(), "--pattern", "c"}));
  std::filesystem::remove(file);
  EXPECT_EQ(command.method.beta, 2);
  EXPECT_EQ(command.method.pattern, "c");
  EXPECT_TRUE(command.method.masked);
}

TEST(Options, WhatWasGivenCanBePutOnTopOfOtherValues) {
  Command command;
  Options options = options_of(command);
  ASSERT_TRUE(options.parse(std::vector<std::string>{"--beta", "0.2"}));
  command.method = {.beta = 7, .gamma = 0.3};
  options.put_given();
  EXPECT_EQ(command.method.beta, 0.2);
  EXPECT_EQ(command.method.gamma, 0.3);
}

TEST(Options, RulesHoldForTheCommandLineAndForCpp) {
  Command command;
  EXPECT_THROW(options_of(command).parse(std::vector<std::string>{"--beta", "2", "--gamma", "0.5"}),
               UsageError);
  EXPECT_THROW(check_options(Method{.beta = 2, .gamma = 0.5}), UsageError);
  EXPECT_THROW(check_options(Method{.beta = -1}), UsageError);
  EXPECT_NO_THROW(check_options(Method{}));
}

}  // namespace
}  // namespace nudge
