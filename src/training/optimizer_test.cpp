#include "training/optimizer.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/options.h"

namespace nudge {
namespace {

TEST(Schedule, WarmsUpFromTheFirstStepOn) {
  const ScheduleOptions schedule{.lr_scheduler_type = LrSchedule::constant, .warmup_steps = 4};
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 0, 10), 0.25);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 2, 10), 0.75);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 3, 10), 1);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 9, 10), 1);
}

TEST(Schedule, LinearReachesZeroAfterTheLastStep) {
  const ScheduleOptions schedule{.lr_scheduler_type = LrSchedule::linear, .warmup_steps = 2};
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 2, 10), 1);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 6, 10), 0.5);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 9, 10), 1.0 / 8);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 10, 10), 0);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 99, 10), 0);
}

TEST(Schedule, CosineEndsAtItsFloor) {
  const ScheduleOptions schedule{.lr_scheduler_type = LrSchedule::cosine, .min_lr_ratio = 0.1};
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 0, 8), 1);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 4, 8), 0.55);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 8, 8), 0.1);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 80, 8), 0.1);
}

TEST(Schedule, AWarmUpAsLongAsTheRunIsOnlyWarmUp) {
  const ScheduleOptions schedule{.lr_scheduler_type = LrSchedule::linear, .warmup_steps = 5};
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 4, 5), 1);
  EXPECT_THROW(value_of<LrSchedule>("step", "The schedule"), UsageError);
}

TEST(Optimizer, OptionsAreDeclaredUnderTheirUsualNames) {
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  Options options("sft", "Trains.");
  declare(options, optimizer);
  declare(options, schedule);
  const std::vector<std::string> arguments{"--learning_rate", "1e-3", "--adam_beta2",        "0.95",
                                           "--weight_decay",  "0.1",  "--max_grad_norm",     "0",
                                           "--warmup_steps",  "7",    "--lr_scheduler_type", "cosine",
                                           "--min_lr_ratio",  "0.05"};
  ASSERT_TRUE(options.parse(arguments));
  EXPECT_EQ(optimizer.learning_rate, 1e-3);
  EXPECT_EQ(optimizer.adam_beta1, 0.9);
  EXPECT_EQ(optimizer.adam_beta2, 0.95);
  EXPECT_EQ(optimizer.weight_decay, 0.1);
  EXPECT_EQ(optimizer.max_grad_norm, 0);
  EXPECT_EQ(schedule.warmup_steps, 7);
  EXPECT_EQ(schedule.lr_scheduler_type, LrSchedule::cosine);
  EXPECT_EQ(schedule.min_lr_ratio, 0.05);
}

}  // namespace
}  // namespace nudge
