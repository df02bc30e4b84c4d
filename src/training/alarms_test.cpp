#include "training/alarms.h"

#include <gtest/gtest.h>

#include <vector>

namespace nudge {
namespace {

// At which step, from 1, it rang; 0: never.
std::int64_t rang(const std::vector<double>& reward, const std::vector<double>& monitor) {
  Trend rewards, monitors;
  PartingAlarm alarm;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < reward.size(); ++i) {
    rewards.add(reward[i]);
    monitors.add(monitor[i]);
    if (alarm.hears(rewards, monitors)) at = at == 0 ? static_cast<std::int64_t>(i + 1) : -1;
  }
  return at;
}

TEST(PartingAlarm, KeepsStillWhileBothRiseFallOrStand) {
  std::vector<double> up, down, still;
  for (int i = 0; i < 40; ++i) {
    const double jump = i % 3 == 0 ? 0.05 : -0.02;
    up.push_back(0.02 * i + jump);
    down.push_back(-0.02 * i - jump);
    still.push_back(jump);
  }
  EXPECT_EQ(rang(up, up), 0);
  EXPECT_EQ(rang(down, down), 0);
  EXPECT_EQ(rang(still, still), 0);
  EXPECT_EQ(rang(up, still), 0);
  EXPECT_GT(rang(up, down), 0);
}

std::int64_t collapsed(const std::vector<double>& distinct, std::int64_t answers = 128) {
  Trend trend;
  CollapseAlarm alarm;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < distinct.size(); ++i) {
    trend.add(distinct[i]);
    if (alarm.hears(trend, answers)) at = at == 0 ? static_cast<std::int64_t>(i + 1) : -1;
  }
  return at;
}

TEST(CollapseAlarm, RingsOnceWhenHalfOfTheAnswersAreGone) {
  std::vector<double> distinct(10, 0.8);
  distinct.resize(20, 0.5);
  EXPECT_EQ(collapsed(distinct), 0);
  distinct.resize(40, 0.2);
  EXPECT_GT(collapsed(distinct), 20);
  EXPECT_EQ(collapsed({0.8, 0.2}), 2);
  EXPECT_EQ(collapsed({1, 0.25}, 4), 0);  // of four answers, by chance
}

// Log-probs of the chosen completions, and of the same under the reference; at which step it rang.
std::int64_t displaced(const std::vector<double>& chosen, const std::vector<double>& reference) {
  Trend gap, references;
  DisplacementAlarm alarm;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    gap.add(reference.empty() ? chosen[i] : chosen[i] - reference[i]);
    if (!reference.empty()) references.add(reference[i]);
    if (alarm.hears(gap, references)) at = at == 0 ? static_cast<std::int64_t>(i + 1) : -1;
  }
  return at;
}

TEST(DisplacementAlarm, RingsOnceWhenTheChosenFall) {
  std::vector<double> chosen(10, -20);
  EXPECT_EQ(displaced(chosen, std::vector<double>(10, -20)), 0);
  chosen.resize(40, -25);
  EXPECT_EQ(displaced(chosen, std::vector<double>(40, -20)), 13);  // the mean of the last five is below -22
}

TEST(DisplacementAlarm, WithoutAReferenceComparesWithTheFirstSteps) {
  std::vector<double> chosen(10, -20);
  EXPECT_EQ(displaced(chosen, {}), 0);
  chosen.resize(30, -23);
  EXPECT_GT(displaced(chosen, {}), 10);
}

// Batches differ: some steps hold answers that any model finds unlikely.
TEST(DisplacementAlarm, IsNotRungByHardBatches) {
  std::vector<double> chosen, reference;
  for (int i = 0; i < 40; ++i) {
    reference.push_back(i % 4 == 0 ? -30 : -20);
    chosen.push_back(reference.back() - 0.5);
  }
  EXPECT_EQ(displaced(chosen, reference), 0);
}

}  // namespace
}  // namespace nudge
