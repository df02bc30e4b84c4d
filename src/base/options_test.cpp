#include "base/options.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <tuple>

#include "base/error.h"
#include "base/files.h"
#include "base/terminal.h"

namespace nudge {
namespace {

enum class Fall { linear, cosine, constant };
constexpr auto names_table(Fall) {
  return std::to_array<Named<Fall>>(
      {{Fall::linear, "linear"}, {Fall::cosine, "cosine"}, {Fall::constant, "constant"}});
}

struct Config {
  std::string model, output = "runs/out dir";
  Fall scheduler = Fall::linear;
  std::vector<Fall> falls = {Fall::constant};
  bool packing = true, verbose = false;
  std::int64_t steps = 100;
  std::uint64_t seed = 0;
  double learning_rate = 5e-5;
  std::optional<double> target_kl;
  std::optional<std::int64_t> max_length = 512;
  std::vector<std::string> stop;
  std::vector<double> betas = {0.9, 0.999};
  std::vector<std::int64_t> sizes;
};

Options options_of(Config& config) {
  Options options("sft", "Fine-tunes a model on demonstrations.");
  options.require("model", config.model, "The model's folder.");
  options.add("output", config.output, "Where the run goes.");
  options.section("Training");
  options.add("learning_rate", config.learning_rate, "The peak learning rate.");
  options.choose("scheduler", config.scheduler, "How the rate falls.");
  options.choose("falls", config.falls, "How several fall.");
  options.add("steps", config.steps, "Optimizer steps.");
  options.add("seed", config.seed, "Names all random streams.");
  options.add("packing", config.packing, "Packs sequences.");
  options.add("verbose", config.verbose, "Says more.");
  options.add("target_kl", config.target_kl, "Stops an epoch beyond this KL.");
  options.add("max_length", config.max_length, "Longest sequence in tokens.");
  options.add("stop", config.stop, "Texts that end a completion.");
  options.add("betas", config.betas, "AdamW's decay rates.");
  options.add("sizes", config.sizes, "Sizes.");
  return options;
}

Config parsed(std::vector<std::string> arguments) {
  Config config;
  arguments.insert(arguments.begin(), {"--model", "m"});
  EXPECT_TRUE(options_of(config).parse(arguments));
  return config;
}

std::string misuse_of(std::vector<std::string> arguments) {
  Config config;
  arguments.insert(arguments.begin(), {"--model", "m"});
  try {
    options_of(config).parse(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

class OptionsFile : public testing::Test {
 protected:
  OptionsFile()
      : path_(std::filesystem::temp_directory_path() / ("options-" + std::to_string(::getpid()) + ".yaml")) {}
  ~OptionsFile() override { std::filesystem::remove(path_); }
  std::string with(const std::string& yaml) {
    write_file(path_, yaml);
    return path_.string();
  }
  std::filesystem::path path_;
};

TEST(Options, DefaultsStayAndDashesMayBeUnderscores) {
  EXPECT_EQ(parsed({}).learning_rate, 5e-5);
  EXPECT_EQ(parsed({"--learning_rate", "1e-4"}).learning_rate, 1e-4);
  EXPECT_EQ(parsed({"--learning-rate=1e-4"}).learning_rate, 1e-4);
  EXPECT_EQ(parsed({"--steps", "1", "--steps", "1"}).steps, 1);
  EXPECT_EQ(parsed({"--steps", "1e6"}).steps, 1'000'000);
  EXPECT_EQ(parsed({"--seed", "18446744073709551615"}).seed, ~std::uint64_t{0});
  EXPECT_EQ(parsed({"--output", "a b=c"}).output, "a b=c");
  EXPECT_EQ(parsed({"--output=--x-y"}).output, "--x-y");
  EXPECT_EQ(parsed({"--output", ""}).output, "");
  EXPECT_EQ(parsed({"--output=", "--verbose"}).output, "");
  EXPECT_EQ(parsed({"--scheduler", "cosine"}).scheduler, Fall::cosine);
}

TEST(Names, StandBothWays) {
  EXPECT_EQ(name_of(Fall::cosine), "cosine");
  EXPECT_EQ(value_of<Fall>("constant", "The fall"), Fall::constant);
  EXPECT_EQ(names_of<Fall>(), (std::vector<std::string>{"linear", "cosine", "constant"}));
  try {
    value_of<Fall>("cosin", "The fall");
    FAIL() << "no such name";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "The fall is one of linear, cosine, constant, but got \"cosin\".");
  }
}

TEST(Options, ChoicesMayBeSomeOfAnEnum) {
  Fall fall = Fall::linear;
  Options options("sft", "Trains.");
  options.choose("fall", fall, {Fall::linear, Fall::constant}, "How.");
  EXPECT_NE(options.help(100).find("How. One of linear, constant."), std::string::npos);
  EXPECT_THROW(options.parse(std::vector<std::string>{"--fall", "cosine"}), UsageError);
  ASSERT_TRUE(options.parse(std::vector<std::string>{"--fall", "constant"}));
  EXPECT_EQ(fall, Fall::constant);
}

TEST(Options, ChoicesAreEnumsAndMayBeListed) {
  EXPECT_EQ(parsed({"--falls", "linear", "cosine"}).falls, (std::vector<Fall>{Fall::linear, Fall::cosine}));
  Config config;
  Options options = options_of(config);
  const std::string help = options.help(200);
  EXPECT_NE(help.find("How the rate falls. One of linear, cosine, constant. (default: linear)"),
            std::string::npos)
      << help;
  EXPECT_NE(help.find("--scheduler CHOICE "), std::string::npos);
  EXPECT_NE(help.find("--falls CHOICE ... "), std::string::npos);
  EXPECT_NE(help.find("How several fall. One or several: linear, cosine, constant. (default: constant)"),
            std::string::npos);
  EXPECT_NE(options.resolved_yaml().find("scheduler: linear\nfalls: [constant]\n"), std::string::npos);
}

TEST(Options, BooleansHaveTwoNamesAndTakeAWord) {
  EXPECT_TRUE(parsed({"--verbose"}).verbose);
  EXPECT_FALSE(parsed({"--no_packing"}).packing);
  EXPECT_FALSE(parsed({"--no-packing"}).packing);
  EXPECT_FALSE(parsed({"--packing", "False"}).packing);
}

TEST(Options, ListsAreSpaceSeparatedOrRepeated) {
  EXPECT_EQ(parsed({"--betas", "0.8", "0.9", "--verbose"}).betas, (std::vector<double>{0.8, 0.9}));
  EXPECT_EQ(parsed({"--stop", "[a]", "--stop=b,c"}).stop, (std::vector<std::string>{"[a]", "b,c"}));
  EXPECT_EQ(parsed({"--sizes", "-1", "2"}).sizes, (std::vector<std::int64_t>{-1, 2}));
}

TEST(Options, OptionalsMayBeNone) {
  EXPECT_EQ(parsed({"--target_kl", "0.1"}).target_kl, 0.1);
  EXPECT_EQ(parsed({"--max_length", "none"}).max_length, std::nullopt);
}

TEST(Options, MisuseIsOneSentence) {
  EXPECT_EQ(misuse_of({"--learnin_rate", "1"}),
            "unknown option --learnin_rate; did you mean --learning_rate?");
  EXPECT_EQ(misuse_of({"--no_pakcing"}), "unknown option --no_pakcing; did you mean --no_packing?");
  EXPECT_EQ(misuse_of({"--zzzzzzzz=3"}), "unknown option --zzzzzzzz; see nudge sft --help.");
  EXPECT_EQ(misuse_of({"--steps", "many"}), "--steps expects a whole number, but came \"many\".");
  EXPECT_EQ(misuse_of({"--steps", "1.5"}), "--steps expects a whole number, but came \"1.5\".");
  EXPECT_EQ(misuse_of({"--steps", "99999999999999999999"}),
            "--steps expects a whole number, but came \"99999999999999999999\".");
  EXPECT_EQ(misuse_of({"--seed", "-1"}), "--seed expects a whole number, 0 or more, but came \"-1\".");
  EXPECT_EQ(misuse_of({"--learning_rate"}), "--learning_rate expects a number behind it.");
  EXPECT_EQ(misuse_of({"--output", "--verbose"}), "--output expects one text behind it.");
  EXPECT_EQ(misuse_of({"--config"}), "--config expects a file behind it.");
  EXPECT_EQ(misuse_of({"--learning_rate", ""}), "--learning_rate expects a number, but came \"\".");
  EXPECT_EQ(misuse_of({"--learning_rate", "1e-4x"}), "--learning_rate expects a number, but came \"1e-4x\".");
  EXPECT_EQ(misuse_of({"--packing=banana"}), "--packing expects true or false, but came \"banana\".");
  EXPECT_EQ(misuse_of({"--scheduler", "linea"}),
            "--scheduler expects one of linear, cosine, constant, but came \"linea\".");
  EXPECT_EQ(misuse_of({"--falls", "linear", "up"}),
            "--falls expects one of linear, cosine, constant, but came \"linear up\".");
  EXPECT_EQ(misuse_of({"--target_kl", "x"}), "--target_kl expects a number, or none, but came \"x\".");
  EXPECT_EQ(misuse_of({"--betas", "0.9", "x"}), "--betas expects numbers, but came \"0.9 x\".");
  EXPECT_EQ(misuse_of({"extra"}), "unexpected argument \"extra\"; see nudge sft --help.");
  EXPECT_NE(misuse_of({"-x"}), "");
  Config config;
  EXPECT_THROW(options_of(config).parse({}), UsageError);
  EXPECT_THROW(options_of(config).parse(std::vector<std::string>{"--model", ""}), UsageError);
  EXPECT_THROW(options_of(config).parse(std::vector<std::string>{"--model="}), UsageError);
}

TEST(Options, PositionalsComeInOrder) {
  std::string path, other = "b";
  bool deep = false;
  Options options("inspect", "Looks.");
  options.positional("PATH", path, "What to look at.");
  options.positional("OTHER", other, "What to compare with.");
  options.add("deep", deep, "Looks deeper.");
  EXPECT_TRUE(options.parse(std::vector<std::string>{"x", "--deep", "y"}));
  EXPECT_EQ(path + other, "xy");
  EXPECT_TRUE(options.help(80).starts_with("usage: nudge inspect PATH [OTHER] [--option value ...]\n"));
  path.clear();
  Options again("inspect", "Looks.");
  again.positional("PATH", path, "What to look at.");
  EXPECT_THROW(again.parse({}), UsageError);
}

TEST_F(OptionsFile, TheCommandLineWinsOverTheFile) {
  const std::string file =
      with("learning-rate: 1e-3\nsteps: 7\nstop: [\"a, b\", c]\npacking: false\ntarget_kl: ~\n");
  const Config config = parsed({"--config", file, "--steps", "9"});
  EXPECT_EQ(config.learning_rate, 1e-3);
  EXPECT_EQ(config.steps, 9);
  EXPECT_EQ(config.stop, (std::vector<std::string>{"a, b", "c"}));
  EXPECT_FALSE(config.packing);
  EXPECT_EQ(config.target_kl, std::nullopt);
  EXPECT_EQ(parsed({"--config", with("")}).steps, 100);
}

TEST_F(OptionsFile, MisuseInTheFileNamesTheFile) {
  const auto misuse = [&](const std::string& yaml) {
    const std::string message = misuse_of({"--config", with(yaml)});
    EXPECT_TRUE(message.starts_with(path_.string())) << message;
    return message.substr(std::min(message.size(), path_.string().size()));
  };
  EXPECT_EQ(misuse("learnin_rate: 1\n"), ": unknown option learnin_rate; did you mean learning_rate?");
  EXPECT_EQ(misuse("steps: many\n"), ": steps expects a whole number, but came \"many\".");
  EXPECT_EQ(misuse("steps:\n"), ": steps expects a whole number, but came nothing.");
  EXPECT_EQ(misuse("steps: [1]\n"), ": steps expects a whole number, but came a list.");
  EXPECT_EQ(misuse("steps: 1\nsteps: 2\n"),
            ", line 2: the key \"steps\" stands twice in one place; keep one of them.");
  EXPECT_EQ(misuse("- a\n"), " should hold lines like \"option: value\".");
  EXPECT_TRUE(misuse("a: [\n").starts_with(" is not valid YAML: "));
}

TEST_F(OptionsFile, TheResolvedConfigurationReadsBackExactly) {
  Config config;
  Options options = options_of(config);
  ASSERT_TRUE(options.parse(
      std::vector<std::string>{"--model", "true", "--learning_rate", "0.1", "--target_kl", "0.3"}));
  config.output = "a \"quoted\"\\ path: # with\nlines\tand é, []{}";
  config.stop = {"", "null", "<|end|>", "- x", "a, b", "1e5", " x ", "\x01\x7f"};
  config.betas = {1.0 / 3, 1e-300, -0.0, -1e9};
  config.max_length.reset();
  config.scheduler = Fall::constant;
  config.falls = {};
  const std::string yaml = options.resolved_yaml();

  Config back;
  Options again = options_of(back);
  ASSERT_TRUE(again.parse(std::vector<std::string>{"--config", with(yaml)}));
  EXPECT_EQ(again.resolved_yaml(), yaml);
  EXPECT_EQ(back.model, "true");
  EXPECT_EQ(back.output, config.output);
  EXPECT_EQ(back.stop, config.stop);
  EXPECT_EQ(back.betas, config.betas);
  EXPECT_TRUE(std::signbit(back.betas[2]));
  EXPECT_EQ(back.target_kl, config.target_kl);
  EXPECT_EQ(back.max_length, std::nullopt);
  EXPECT_EQ(back.scheduler, Fall::constant);
  EXPECT_TRUE(back.falls.empty());
  EXPECT_TRUE(yaml.starts_with("model: \"true\"\n")) << yaml;
  EXPECT_NE(yaml.find("\nlearning_rate: 0.1\n"), std::string::npos) << yaml;
}

TEST(Options, HelpFitsItsWidthAndShowsDefaults) {
  Config config;
  const Options options = options_of(config);
  for (int width : {40, 60, 80, 120}) {
    const std::string help = options.help(width);
    for (std::size_t start = 0; start < help.size();) {
      const std::size_t end = help.find('\n', start);
      EXPECT_LE(columns(help.substr(start, end - start)), width) << help;
      start = end + 1;
    }
    for (const char* part :
         {"--learning_rate NUMBER", "5e-05)", "--[no_]packing", "\nTraining\n", "--config FILE"}) {
      EXPECT_NE(help.find(part), std::string::npos) << part << "\n" << help;
    }
  }
}

TEST(Options, HelpPrintsAndStops) {
  Config config;
  testing::internal::CaptureStdout();
  EXPECT_FALSE(options_of(config).parse(std::vector<std::string>{"--bogus", "--help"}));
  EXPECT_TRUE(testing::internal::GetCapturedStdout().starts_with("usage: nudge sft"));
}

TEST(NearestName, CountsEditsAndKnowsWhenNothingIsNear) {
  const std::vector<std::string> known{"learning_rate", "lam", "beta", "betas"};
  EXPECT_EQ(nearest_name("learning_raet", known), "learning_rate");
  EXPECT_EQ(nearest_name("lr", known), "");
  EXPECT_EQ(nearest_name("bta", known), "beta");
  EXPECT_EQ(nearest_name("beta", known), "beta");
  EXPECT_EQ(nearest_name("zzz", {}), "");
}

TEST(Options, TextsGivenTwiceAreRefusedAndOfNumbersTheLastCountsAloud) {
  EXPECT_EQ(misuse_of({"--output", "a", "--output", "b"}),
            "--output takes one value, and 2 came: a and b; leave out all but one.");
  testing::internal::CaptureStderr();
  EXPECT_EQ(parsed({"--steps", "1", "--steps", "2"}).steps, 2);
  EXPECT_FALSE(parsed({"--packing", "--no_packing"}).packing);
  EXPECT_EQ(parsed({"--steps", "1", "--steps", "1"}).steps, 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "warning: --steps is given 2 times; the last, 2, counts.\n"
            "warning: --packing is given 2 times; the last, false, counts.\n");
  EXPECT_EQ(parsed({"--stop", "a", "--stop", "b"}).stop, (std::vector<std::string>{"a", "b"}));
}

TEST(Options, TheSixNumbersThatCannotBeAreRefusedEvenWithoutARange) {
  for (const char* option : {"--learning_rate", "--target_kl", "--betas"})
    for (const char* value : {"nan", "inf", "-inf", "1e308"})
      EXPECT_NE(misuse_of({option, value}).find("expects"), std::string::npos) << option << " " << value;
  for (const char* option : {"--steps", "--sizes", "--max_length"})
    EXPECT_NE(misuse_of({option, "9223372036854775807"}).find("expects"), std::string::npos) << option;
}

struct Ranged {
  std::int64_t length = 256, epochs = 1;
  double share = 0, rate = 1;
  std::optional<std::int64_t> limit;
  std::vector<std::string> reward;
};

Options options_of(Ranged& config) {
  Options options("ppo", "Optimises.");
  options.add("max_new_tokens", config.length, "Longest completion.")
      .within(at_least(1))
      .also("response_length");
  options.add("epochs", config.epochs, "Passes.").within(at_least(1));
  options.add("share", config.share, "A share.").within(from_below(0, 1));
  options.add("rate", config.rate, "A rate.").within(above(0));
  options.add("limit", config.limit, "Steps.").within(or_else(at_least(1), -1));
  options.add("reward", config.reward, "Rewards.").also("reward_model");
  options.start_with({"reward", "rate"},
                     "nudge ppo --reward number --rate 2 --max_new_tokens 16 --share 0.5");
  return options;
}

std::string misuse_of_ranged(std::vector<std::string> arguments) {
  Ranged config;
  try {
    options_of(config).parse(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(OptionRange, NumbersOutsideAreRefusedInWords) {
  EXPECT_EQ(misuse_of_ranged({"--epochs", "0"}),
            "--epochs expects a whole number, 1 or more, but came \"0\".");
  EXPECT_EQ(misuse_of_ranged({"--epochs", "9223372036854775807"}),
            "--epochs expects a whole number, from 1 to 1000000000, but came \"9223372036854775807\".");
  EXPECT_EQ(misuse_of_ranged({"--share", "1"}),
            "--share expects a number, at least 0, below 1, but came \"1\".");
  EXPECT_EQ(misuse_of_ranged({"--rate", "nan"}), "--rate expects a number, above 0, but came \"nan\".");
  EXPECT_EQ(misuse_of_ranged({"--limit", "0"}),
            "--limit expects a whole number, 1 or more, or -1, or none, but came \"0\".");
  for (const char* good : {"--share=0", "--limit=-1", "--limit=none", "--rate=1e-300"})
    EXPECT_EQ(misuse_of_ranged({good}), "") << good;
}

TEST(OptionRange, HoldsItsEndsAsItSays) {
  const Range half{.low = 0, .high = 1, .above_low = true, .below_high = true};
  for (const auto& [range, inside, outside] : {std::tuple{between(0, 1), 1.0, 1.5},
                                               {above_up_to(0, 1), 1.0, 0.0},
                                               {half, .5, 1.0},
                                               {at_least(2), 2.0, 1.0}}) {
    EXPECT_TRUE(range.holds(inside)) << range.text();
    EXPECT_FALSE(range.holds(outside)) << range.text();
    EXPECT_FALSE(range.holds(std::nan("")) || range.holds(HUGE_VAL)) << range.text();
  }
  EXPECT_EQ(above_up_to(0, 1).text(), "above 0, at most 1");
  EXPECT_EQ(or_else(at_least(0), HUGE_VAL).text(), "0 or more, or inf");
  EXPECT_TRUE(or_else(at_least(0), HUGE_VAL).holds(HUGE_VAL));
}

TEST(OptionRange, AConfigCanBeCheckedWithoutACommandLine) {
  Ranged config;
  Options options = options_of(config);
  config.share = 2;
  EXPECT_THROW(options.check(), UsageError);
  config.share = .5;
  EXPECT_NO_THROW(options.check());
}

TEST(OptionNames, AnotherNameMeansTheSameOption) {
  Ranged config;
  ASSERT_TRUE(options_of(config).parse(
      std::vector<std::string>{"--response-length", "7", "--reward_model", "a", "--reward-model=b"}));
  EXPECT_EQ(config.length, 7);
  EXPECT_EQ(config.reward, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(misuse_of_ranged({"--response_length", "0"}),
            "--response_length expects a whole number, 1 or more, but came \"0\".");
  EXPECT_EQ(misuse_of_ranged({"--reward_model", "a", "--reward", "b"}),
            "--reward_model and --reward mean the same; give one of the two.");
}

TEST(OptionNames, WhatAnEarlierProgramWroteIsReadByTodaysNames) {
  Ranged config;
  Options options = options_of(config);
  const std::string earlier =
      "response_length: 7\nreward_model: runs/a\nreward: []\nshare: 0.25\nrate: 1\ngone: 3\nepochs: 1\n";
  EXPECT_EQ(options.renamed_yaml(earlier),
            "max_new_tokens: 7\nepochs: 1\nshare: 0.25\nrate: 1\nlimit: null\nreward: [runs/a]\ngone: 3\n");
  EXPECT_EQ(options.renamed_yaml("reward_model: \"\"\nreward: [a, b]\n").find("reward_model"),
            std::string::npos);
  EXPECT_EQ(options.renamed_yaml("a: ["), "a: [");
}

TEST(OptionNames, WhatThisProgramWroteIsReadBackAlike) {
  for (const std::string text :
       {"length,max=3", "a: b", "[x]", "# x", "{", "\"", "\\", "7", "null", "a b", "d,1.jsonl"}) {
    Ranged config;
    Options options = options_of(config);
    ASSERT_TRUE(options.parse(std::vector<std::string>{"--reward", text, "plain"}));
    EXPECT_EQ(options.renamed_yaml(options.resolved_yaml()), options.resolved_yaml()) << text;
  }
}

TEST_F(OptionsFile, OlderNamesAreReadAndMayStandEmptyBesideTodays) {
  Ranged config;
  const std::string file = with("reward_model: runs/a\nreward: []\nresponse_length: 7\n");
  ASSERT_TRUE(options_of(config).parse(std::vector<std::string>{"--config", file}));
  EXPECT_EQ(config.reward, std::vector<std::string>{"runs/a"});
  EXPECT_EQ(config.length, 7);
}

TEST_F(OptionsFile, AllUnknownNamesAreToldAtOnce) {
  Ranged config;
  try {
    options_of(config).parse(
        std::vector<std::string>{"--bf16", "true", "--config", with("report_to: wandb\npacking: true\n")});
    FAIL() << "three names are unknown";
  } catch (const UnknownOption& error) {
    ASSERT_EQ(error.names().size(), 3);
    EXPECT_EQ(error.names()[0].dashes + error.names()[0].name, "--bf16");
    EXPECT_EQ(error.names()[1].name, "report_to");
    EXPECT_EQ(error.names()[1].where, path_.string() + ": ");
  }
}

TEST(Options, HelpBeginsWithAnExampleAndWhatMattersMost) {
  Ranged config;
  const Options options = options_of(config);
  const std::string help = options.help(60);
  const auto example = help.find("\nExample\n  nudge ppo "), first = help.find("\nStart with these\n");
  ASSERT_NE(example, std::string::npos) << help;
  EXPECT_LT(example, first);
  EXPECT_NE(help.find(" \\\n"), std::string::npos) << "a long example can be pasted";
  EXPECT_LT(help.find("--rate NUMBER"), help.find("--epochs INTEGER"));
  EXPECT_NE(options.help(200).find("[1 or more; also --response_length] (default: 256)"), std::string::npos)
      << options.help(200);
}

TEST(Options, HelpShowsWhatHasNoSign) {
  std::string separator = "\n";
  std::vector<double> thirds = {0, 1.0 / 3, 1};
  Options options("reward", "Learns.");
  options.add("separator", separator, "Behind each step.");
  options.add("margins", thirds, "Margins.");
  EXPECT_NE(options.help(100).find("default: \"\\n\""), std::string::npos) << options.help(100);
  EXPECT_NE(options.help(100).find("default: 0 0.3333 1"), std::string::npos) << options.help(100);
}

}  // namespace
}  // namespace nudge
