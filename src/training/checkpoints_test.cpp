#include "training/checkpoints.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

State state_of(std::int64_t step) {
  State state;
  state.tensors["weights"] = at::full({64 * 1024}, static_cast<double>(step), at::kFloat);
  state.tensors["order"] = at::arange(7, at::kInt);
  state.values["step"] = step;
  state.values["kl_coef"] = 0.1 + 0.2;
  return state;
}

/// While it lives, no file can grow beyond 16 KiB: as on a full disk, a write fails part of the way.
class TinyFiles {
 public:
  TinyFiles() {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit tiny = before_;
    tiny.rlim_cur = 16 * 1024;
    ::setrlimit(RLIMIT_FSIZE, &tiny);
  }
  ~TinyFiles() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

std::size_t entries(const std::filesystem::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

TEST(Checkpoints, GiveBackWhatWasSaved) {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder.path());
  EXPECT_FALSE(checkpoints.newest());
  checkpoints.save(3, state_of(3));
  const auto loaded = checkpoints.newest();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->step, 3);
  EXPECT_EQ(loaded->state.values, state_of(3).values);
  EXPECT_EQ(loaded->state.values["kl_coef"].get<double>(), 0.1 + 0.2);
  EXPECT_TRUE(loaded->state.tensor("weights").equal(state_of(3).tensor("weights")));
  EXPECT_TRUE(loaded->state.tensor("order").equal(at::arange(7, at::kInt)));
  EXPECT_THROW(loaded->state.tensor("moments"), Error);
}

TEST(Checkpoints, KeepTheNewestTwo) {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder.path());
  for (std::int64_t step : {2, 10, 9, 100}) checkpoints.save(step, state_of(step));
  EXPECT_EQ(checkpoints.steps(), (std::vector<std::int64_t>{10, 100}));
}

TEST(Checkpoints, ADamagedOneGivesWayToTheOneBefore) {
  const std::vector<std::function<void(const std::filesystem::path&)>> damages{
      [](const auto& step) { std::filesystem::resize_file(step / "state.safetensors", 1000); },
      [](const auto& step) { std::filesystem::remove(step / "manifest.json"); },
      [](const auto& step) { write_file(step / "manifest.json", "{}"); },
      [](const auto& step) { write_file(step / "state.json", "{\"step\": 5}"); },
      [](const auto& step) {
        std::fstream file(step / "state.safetensors", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(-9, std::ios::end).put('\x7f');
      }};
  for (const auto& damage : damages) {
    const TemporaryFolder folder;
    Checkpoints checkpoints(folder.path());
    checkpoints.save(4, state_of(4));
    checkpoints.save(5, state_of(5));
    damage(folder.path() / "step-5");
    testing::internal::CaptureStderr();
    const auto loaded = checkpoints.newest();
    const std::string warning = testing::internal::GetCapturedStderr();
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->step, 4);
    EXPECT_NE(warning.find("step-5"), std::string::npos);
    EXPECT_NE(warning.find("step-4"), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "step-5.damaged"));
    EXPECT_EQ(checkpoints.steps(), std::vector<std::int64_t>{4});
  }
}

TEST(Checkpoints, OneUnderAnotherStepsNameIsNotThatStep) {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder.path());
  for (std::int64_t step : {4, 5}) checkpoints.save(step, state_of(step));
  std::filesystem::rename(folder.path() / "step-5", folder.path() / "step-7");
  testing::internal::CaptureStderr();
  EXPECT_EQ(checkpoints.newest()->step, 4);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("the checkpoint of step 5 under another name"),
            std::string::npos);
  std::filesystem::rename(folder.path() / "step-4", folder.path() / "step--1");
  EXPECT_FALSE(checkpoints.newest());
}

TEST(Checkpoints, AFullDiskIsAWarningAndThenAnError) {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder.path());
  checkpoints.save(1, state_of(1));
  testing::internal::CaptureStderr();
  {
    const TinyFiles tiny;
    checkpoints.save(2, state_of(2));
    EXPECT_EQ(entries(folder.path()), 1U);
    EXPECT_THROW(checkpoints.save(3, state_of(3)), Error);
    EXPECT_EQ(entries(folder.path()), 1U);
  }
  checkpoints.save(4, state_of(4));
  {
    const TinyFiles tiny;
    checkpoints.save(5, state_of(5));  // the first in a row again
  }
  const std::string warnings = testing::internal::GetCapturedStderr();
  EXPECT_NE(warnings.find("checkpoint of step 2"), std::string::npos);
  EXPECT_NE(warnings.find("checkpoint of step 5"), std::string::npos);
  EXPECT_EQ(checkpoints.newest()->step, 4);
}

TEST(Checkpoints, WhatAKilledSaveLeftIsNoCheckpoint) {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder.path());
  checkpoints.save(1, state_of(1));
  std::filesystem::create_directories(folder.path() / "step-2.tmp-99999999");
  std::ofstream(folder.path() / "step-2.tmp-99999999" / "state.safetensors") << "half";
  EXPECT_EQ(checkpoints.newest()->step, 1);
  checkpoints.save(2, state_of(2));
  EXPECT_EQ(checkpoints.newest()->step, 2);
  EXPECT_EQ(entries(folder.path()), 2U);
}

}  // namespace
}  // namespace nudge
