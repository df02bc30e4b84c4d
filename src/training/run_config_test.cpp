#include "training/run_config.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/options.h"
#include "training/optimizer.h"

namespace nudge {
namespace {

std::string difference(const std::string& before, const std::string& now) {
  try {
    require_same_config(before, now, "runs/a");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(RunConfig, SameValuesPassHoweverWritten) {
  EXPECT_EQ(difference("lr: 1e-3\nnames: [a, b]\n", "names: [a, b]\nlr: 1e-3\n"), "");
}

TEST(RunConfig, WhereTheRunStandsMayDiffer) {
  EXPECT_EQ(
      difference("lr: 1\nresume: false\nsave_steps: 100\noutput_dir: a\nlogging_steps: 1\n",
                 "lr: 1\nresume: true\nsave_steps: 5\noutput_dir: b\nlogging_steps: 10\noverwrite: true\n"),
      "");
}

TEST(RunConfig, NamesTheFirstOptionThatDiffers) {
  const std::string message = difference("model: m\nlr: 0.001\nseed: 1\n", "model: m\nlr: 0.002\nseed: 2\n");
  EXPECT_NE(message.find("runs/a"), std::string::npos);
  EXPECT_NE(message.find("lr 0.001"), std::string::npos) << message;
  EXPECT_NE(message.find("0.002"), std::string::npos);
  EXPECT_EQ(message.find("seed"), std::string::npos);
}

TEST(RunConfig, AnOptionOfAnotherVersionDiffers) {
  EXPECT_NE(difference("lr: 1\n", "lr: 1\nnew: 2\n").find("new (absent)"), std::string::npos);
  EXPECT_NE(difference("lr: 1\nold: 2\n", "lr: 1\n").find("old 2"), std::string::npos);
  EXPECT_NE(difference("lr: [1\n", "lr: 1\n"), "");
}

TEST(RunConfig, IsWrittenOfStructsThatAProgramFills) {
  const RunConfig config = config_of(ScheduleOptions{.warmup_steps = 7}, RunOptions{.output_dir = "runs/x"});
  EXPECT_NE(config.yaml.find("warmup_steps: 7\n"), std::string::npos) << config.yaml;
  EXPECT_NE(config.yaml.find("output_dir: runs/x\n"), std::string::npos);
  EXPECT_EQ(config.renamed("warmup: 7"), "warmup: 7");
}

TEST(RunConfig, OfACommandsOptionsKnowsTheirOldNames) {
  double beta = 0.5;
  Options options("test", "A test.");
  options.add("beta", beta, "A setting.").within(any_number()).also("kl_coef");
  EXPECT_EQ(config_of(options).yaml, "beta: 0.5\n");
  EXPECT_EQ(config_of(options).renamed("kl_coef: 0.25\n"), "beta: 0.25\n");
}

}  // namespace
}  // namespace nudge
