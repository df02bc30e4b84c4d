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

TEST(Recipe, RunsOtherProgramsFromItsFolder) {
  const std::string yaml = R"(
variables: {folder: runs/x, data: "{here}/data"}
stages:
  - program: [python3, "{here}/make.py", --quick]
    options: {seed: 3, names: [a, b]}
    produces: "{folder}/made"
)";
  const Stage stage = read_recipe(yaml, "/recipes/one.yaml", {}).stages.front();
  EXPECT_EQ(command_line(stage), "python3 /recipes/make.py --quick --seed 3 --names a b");
  EXPECT_EQ(stage.name, "make");
  EXPECT_FALSE(stage.is_command());
  EXPECT_EQ(lines("variables: {folder: x}\nstages: [{command: import, arguments: [a.gguf], options: "
                  "{output_dir: b}}]")
                .front(),
            "nudge import a.gguf --output_dir b");
  const std::string both = "variables: {folder: x}\nstages: [{program: ls, command: sft, produces: x}]";
  EXPECT_THROW(lines(both), Error);
  EXPECT_THROW(lines("variables: {folder: x}\nstages: [{program: nudge, produces: x}]"), Error);
  EXPECT_THROW(lines("variables: {folder: x}\nstages: [{program: ls}]"), Error);
}

TEST(Recipe, AVariableAboveMayNameTheVariant) {
  const std::string yaml = R"(
variables: {folder: x, size: usual, variant: "{size}", steps: 9}
variants: {usual: {}, small: {steps: 2}}
stages: [{command: preferences stats, options: {limit: "{steps}"}, produces: x}]
)";
  EXPECT_EQ(lines(yaml).front(), "nudge preferences stats --limit 9");
  EXPECT_EQ(lines(yaml, {{"size", "small"}}).front(), "nudge preferences stats --limit 2");
  EXPECT_THROW(lines(yaml, {{"size", "smal"}}), Error);
}

TEST(Recipe, AVariableMayBeSeveralWordsOrNone) {
  const std::string yaml = R"(
variables: {folder: x, n: [1, 2], none: []}
stages:
  - command: eval
    options: {model: [base, "run-{n}"], n: "{n}", limit: "{none}", "on": [], pair: "{n}{n}"}
    produces: x
)";
  EXPECT_EQ(lines(yaml).front(), "nudge eval --model base run-1 run-2 --n 1 2 --pair 11 12 21 22");
}

TEST(Recipe, EachTakesValuesOneByOne) {
  const std::string yaml = R"(
variables: {folder: x, betas: [0.1, 1], method: none}
stages:
  - each: {beta: "{betas}", method: [dpo, kto], more: [[], [a, b]]}
    stages:
      - {command: "{method}", name: "{method}-{beta}", options: {beta: "{beta}", loss_type: "{more}"}, produces: x}
  - {command: sft, options: {method: "{method}"}, produces: x}
)";
  EXPECT_EQ(lines(yaml),
            (std::vector<std::string>{"nudge dpo --beta 0.1", "nudge kto --beta 1 --loss_type a b",
                                      "nudge sft --method none"}));
  EXPECT_EQ(read_recipe(yaml, "test", {}).stages[1].name, "kto-1");
}

TEST(Recipe, AVariantGivesVariablesOtherValues) {
  const std::string yaml = R"(
variables: {folder: x, variant: full, steps: 100, save: "{steps}"}
variants: {full: {}, tiny: {steps: 2}}
stages: [{command: sft, options: {max_steps: "{steps}", save_steps: "{save}"}, produces: x}]
)";
  EXPECT_EQ(lines(yaml).front(), "nudge sft --max_steps 100 --save_steps 100");
  EXPECT_EQ(lines(yaml, {{"variant", "tiny"}}).front(), "nudge sft --max_steps 2 --save_steps 2");
  EXPECT_EQ(lines(yaml, {{"variant", "tiny"}, {"steps", "3"}}).front(),
            "nudge sft --max_steps 3 --save_steps 3");
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
            "test: a recipe has no key \"qqqqqq\"; known are: title, variables, variants, stages.");
  EXPECT_EQ(error_of("variables: {folder: x, seed: 1}\nstages: []", {{"sedd", "3"}}),
            "test has no variable \"sedd\"; did you mean \"seed\"?");
  EXPECT_EQ(error_of("variables: {folder: '{base}/x', base: y}\nstages: []"),
            "test: \"{base}/x\" names the variable base, which has no value here; known are: here.");
}

TEST(Recipe, SaysWhatIsWrongWithListsAndVariants) {
  const std::string start = "variables: {folder: x, variant: full, n: [1, 2]}\n";
  EXPECT_EQ(error_of(start + "stages: [{command: sft, produces: 'at-{n}'}]"),
            "test: \"at-{n}\" stands for 2 words where one is expected; \"each\" takes them one by one.");
  EXPECT_EQ(error_of(start + "stages: [{each: {a: '{n}', b: [1]}, stages: []}]"),
            "test: \"each\" has 2 values of a and 1 of b; give as many of each.");
  EXPECT_EQ(error_of(start + "stages: [{each: {}, stages: []}]"),
            "test: \"each\" must name a variable and its values.");
  EXPECT_EQ(error_of(start + "variants: {full: {}, tiny: {}}\nstages: []", {{"variant", "tini"}}),
            "test has no variant \"tini\"; did you mean \"tiny\"?");
  EXPECT_EQ(error_of(start + "variants: {full: {m: 1}}\nstages: []"),
            "test: the variant full names the variable m, which the recipe has not; did you mean \"n\"?");
  EXPECT_EQ(error_of("variables: {folder: x, a: {b: 1}}\nstages: []"),
            "test: the variable a must be a text, a number or a list of them.");
  // the case recipe-of-itself again, by lists
  std::string doubled = "variables: {folder: x, a0: [x, y]";
  for (int i = 0; i < 6; ++i) doubled += fmt::format(", a{}: [\"{{a{}}}{{a{}}}\"]", i + 1, i, i);
  EXPECT_NE(error_of(doubled + "}\nstages: []").find("becomes longer than 65536 bytes"), std::string::npos);
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
