#include "cli/recipe.h"

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
  EXPECT_THROW(lines("stages: []"), Error);  // no folder
  EXPECT_THROW(lines("variables: {folder: x}\nstages: []", {{"unknown", "1"}}), Error);
}

TEST(Recipe, ThoseOfTheRepositoryCanBeRead) {
  const auto stages =
      read_recipe(read_file(NUDGE_SOURCE_DIR "/recipes/iterated_dpo.yaml"), "iterated_dpo", {}).stages;
  EXPECT_EQ(stages.size(), 9U);
  EXPECT_EQ(stages.back().arguments[2], "runs/iterated-dpo/round-2/dpo");
}

}  // namespace
}  // namespace nudge
