#include "cli/recipes/recipe.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"

namespace nudge {
namespace {

std::vector<std::string> lines(const std::string& yaml,
                               const std::map<std::string, std::string>& given = {}) {
  std::vector<std::string> result;
  for (const Stage& stage : read_recipe(yaml, "test", given).stages) result.push_back(command_line(stage));
  return result;
}

TEST(Recipe, FillsVariablesListsAndFlags) {
  const std::string yaml = R"(
variables: {folder: runs/x, beta: 0.1}
stages:
  - command: dpo
    options: {output_dir: "{folder}/dpo", beta: "{beta}", loss_type: [sigmoid, sft], resume: true, overwrite: false}
)";
  EXPECT_EQ(
      lines(yaml),
      (std::vector<std::string>{
          "nudge dpo --output_dir runs/x/dpo --beta 0.1 --loss_type sigmoid sft --resume --no_overwrite"}));
  EXPECT_EQ(read_recipe(yaml, "test", {{"folder", "a b"}}).stages.front().produces, "a b/dpo/final");
}

TEST(Recipe, RoundsHandTheirVariablesOn) {
  const auto got = lines(R"(
variables: {model: base, folder: x}
stages:
  - rounds: 3
    start: {policy: "{model}"}
    next: {policy: "r{round}"}
    stages:
      - {command: preferences stats, options: {dataset: "{policy}-{round}"}, produces: x}
)");
  EXPECT_EQ(got, (std::vector<std::string>{"nudge preferences stats --dataset base-1",
                                           "nudge preferences stats --dataset r1-2",
                                           "nudge preferences stats --dataset r2-3"}));
}

TEST(Recipe, SaysWhatIsWrong) {
  const auto refused = [](const std::string& yaml) {
    EXPECT_THROW(lines("variables: {folder: x}\n" + yaml), Error) << yaml;
  };
  refused("title: nothing");
  refused("stages: [");
  refused("stages: [{command: dop, produces: x}]");
  refused("stages: [{command: dpo, produces: '{nowhere}'}]");
  refused("stages: [{command: dpo, options: {beta: 1}}]");
  refused("stages: [{command: dpo, produces: x, option: {beta: 1}}]");
  refused("stages: [{rounds: many, stages: []}]");
  // the case recipe-of-itself and its siblings
  refused("stages: &s [{rounds: 2, stages: *s}]");
  refused("stages: &s [{rounds: 2, stages: [{rounds: 2, stages: *s}]}]");
  refused("stages: [{rounds: 999999, stages: [{rounds: 999999, stages: []}]}]");
  refused("stages: [{rounds: 40, start: {a: xx}, next: {a: '{a}{a}'}, stages: []}]");
  refused("stages: []\nvariables: {folder: y}");
  refused("stages: []\n---\nstages: []");
  EXPECT_THROW(lines("stages: []"), Error);  // no folder
  EXPECT_THROW(lines("variables: {folder: x}\nstages: []", {{"unknown", "1"}}), Error);
}

TEST(Recipe, FillsVariablesWithThoseAboveThem) {
  const std::string yaml = R"(
variables: {folder: runs/x, data: "{folder}/data", pairs: "{data}/pairs.jsonl"}
stages: [{command: preferences stats, options: {dataset: "{pairs}"}, produces: x}]
)";
  EXPECT_EQ(lines(yaml).front(), "nudge preferences stats --dataset runs/x/data/pairs.jsonl");
  EXPECT_EQ(lines(yaml, {{"folder", "y"}}).front(), "nudge preferences stats --dataset y/data/pairs.jsonl");
  EXPECT_EQ(lines(yaml, {{"pairs", "{folder}/p"}}).front(), "nudge preferences stats --dataset runs/x/p");
}

TEST(Recipe, OnlyPlainTrueAndFalseAreFlags) {
  const std::string options = R"({a: "yes", b: 'no', c: "true", d: on, e: true, f: False})";
  EXPECT_EQ(lines("variables: {folder: x}\nstages: [{command: dpo, options: " + options + ", produces: x}]"),
            std::vector<std::string>{"nudge dpo --a yes --b no --c true --d on --e --no_f"});
}

std::string error_of(const std::string& yaml, const std::map<std::string, std::string>& given = {}) {
  try {
    lines(yaml, given);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Recipe, NamesTheNearestName) {
  EXPECT_EQ(error_of("variables: {folder: x}\nstagse: []"),
            "test: a recipe has no key \"stagse\"; did you mean \"stages\"?");
  EXPECT_EQ(error_of("variables: {folder: x}\nstages: []\nqqqqqq: 1"),
            "test: a recipe has no key \"qqqqqq\"; known are: title, variables, stages.");
  EXPECT_EQ(error_of("variables: {folder: x, seed: 1}\nstages: []", {{"sedd", "3"}}),
            "test has no variable \"sedd\"; did you mean \"seed\"?");
  EXPECT_EQ(error_of("variables: {folder: '{base}/x', base: y}\nstages: []"),
            "test: \"{base}/x\" names the variable base, which has no value here; there are none.");
}

TEST(Recipe, SaysWhichPartHasTheWrongForm) {
  const auto stage = [](const std::string& text) {
    return error_of("variables: {folder: x}\nstages: [{" + text + "}]");
  };
  for (const std::string options : {"[a, b]", "hello"})
    EXPECT_EQ(stage("command: dpo, produces: x, options: " + options),
              "test: \"options\" must have keys with values (name: value), not a list or a text.");
  EXPECT_EQ(error_of("variables: [x]\nstages: []"),
            "test: \"variables\" must have keys with values (name: value), not a list or a text.");
  EXPECT_EQ(stage("rounds: 2, start: [x], stages: []"),
            "test: \"start\" must have keys with values (name: value), not a list or a text.");
  EXPECT_EQ(stage("rounds: 2"), "test: \"rounds\" needs the key \"stages\": what each round does.");
  EXPECT_EQ(stage("rounds: 2, stages: hello"), "test: \"stages\" must be a list.");
  EXPECT_EQ(stage("rounds: 2, command: dpo, stages: []"),
            "test: a stage has either \"command\" or \"rounds\", not both.");
  EXPECT_EQ(stage("command: dpo, produces: x, options:"), "no error");
}

TEST(Recipe, ThoseOfTheRepositoryCanBeRead) {
  const auto stages =
      read_recipe(read_file(NUDGE_SOURCE_DIR "/recipes/iterated_dpo.yaml"), "iterated_dpo", {}).stages;
  EXPECT_EQ(stages.size(), 12U);
  EXPECT_EQ(stages[10].arguments[2], "runs/iterated-dpo/round-2/dpo");
  EXPECT_EQ(stages.back().arguments[2], "runs/iterated-dpo/round-3/dpo");
}

}  // namespace
}  // namespace nudge
