#include "training/step_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder.h"

namespace nudge {
namespace {

TEST(StepLog, WritesTheStepFirstAndCutsBack) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "deeper" / "metrics.jsonl";
  StepLog log(path);
  log.write(1, {{"loss", 0.5}});
  log.write(2, {{"loss", 0.25}, {"text", "a\nb"}});
  log.write(3, {{"loss", std::nan("")}});
  log.sync();
  const std::string two = "{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":0.25,\"text\":\"a\\nb\"}\n";
  EXPECT_EQ(read_file(path), two + "{\"step\":3,\"loss\":null}\n");

  log.cut_after(2);
  EXPECT_EQ(read_file(path), two);
  log.write(3, {{"loss", 0.125}});
  EXPECT_EQ(read_file(path), two + "{\"step\":3,\"loss\":0.125}\n");
  log.cut_after(-1);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(StepLog, DropsALineThatWasCutOff) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "metrics.jsonl";
  for (const std::string torn : {"{\"step\":2,\"lo", "{\"step\":2,\"lo\n", "{\"step\":1}", "\n"}) {
    std::ofstream(path) << "{\"step\":1,\"loss\":1.0}\n" << torn;
    StepLog(path).cut_after(5);
    EXPECT_EQ(read_file(path), "{\"step\":1,\"loss\":1.0}\n");
  }
}

TEST(StepLog, KeepsARecordsOwnStepInFront) {
  const TemporaryFolder folder;
  StepLog log(folder.path() / "samples.jsonl");
  log.write(4, {{"prompt", "Hi"}, {"step", 4}});
  EXPECT_EQ(read_file(folder.path() / "samples.jsonl"), "{\"step\":4,\"prompt\":\"Hi\"}\n");
}

}  // namespace
}  // namespace nudge
