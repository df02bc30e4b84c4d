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

// `nudge grpo` with the options that the README's tour had (group deviation, k3 in the loss, beta 0.04), seed
// 0: what it saw of the reward model, of the gold judge and of distinct answers, 30 rollouts of 128 answers.
// It ended with 12.6 % of the plain questions right, where it had begun with two thirds.
const std::vector<double> kGrpoReward = {-0.479, -0.022, -0.016, -0.033, -0.033, 0.058, 0.199, 0.015,
                                         0.331,  0.456,  0.918,  0.339,  0.583,  0.773, 0.702, 0.504,
                                         0.830,  0.977,  0.864,  0.637,  0.726,  0.731, 1.079, 1.082,
                                         0.723,  0.972,  0.985,  0.968,  1.127,  0.883};
const std::vector<double> kGrpoGold = {0.129, 0.647, 0.309, 0.488, 0.130, 0.414, 0.487, 0.303, 0.378, 0.337,
                                       0.585, 0.309, 0.399, 0.297, 0.429, 0.088, 0.164, 0.218, 0.185, 0.205,
                                       0.121, 0.338, 0.416, 0.216, 0.150, 0.083, 0.013, 0.148, 0.419, 0.153};
const std::vector<double> kGrpoDistinct = {
    0.703, 0.438, 0.633, 0.555, 0.625, 0.555, 0.438, 0.539, 0.430, 0.461, 0.242, 0.414, 0.398, 0.391, 0.430,
    0.359, 0.367, 0.297, 0.320, 0.344, 0.305, 0.320, 0.117, 0.203, 0.336, 0.219, 0.227, 0.219, 0.141, 0.211};

TEST(PartingAlarm, RingsOnTheRunThatTheTourOnceHad) {
  EXPECT_EQ(rang(kGrpoReward, kGrpoGold), 28);
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

TEST(CollapseAlarm, RingsOnTheRunThatTheTourOnceHad) {
  EXPECT_EQ(collapsed(kGrpoDistinct), 23);
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
  chosen.resize(40, -27);
  EXPECT_EQ(displaced(chosen, std::vector<double>(40, -20)), 14);  // the mean of the last five is below -25
}

TEST(DisplacementAlarm, WithoutAReferenceComparesWithTheFirstSteps) {
  std::vector<double> chosen(10, -20);
  EXPECT_EQ(displaced(chosen, {}), 0);
  chosen.resize(30, -27);
  EXPECT_GT(displaced(chosen, {}), 10);
}

// `nudge dpo` with the options that the tour had (beta 0.1, 1e-4), its first 40 steps: the reference's mean
// is -6, and hardly more than two thirds of the pairs are told apart, since a fifth of the labels are wrong.
// Then every fourth step with the defaults of today, which is a good run.
TEST(DisplacementAlarm, RingsOnTheRunThatTheTourOnceHadAndNotOnTodays) {
  EXPECT_EQ(displaced({-5.17,  -6.79, -5.92, -6.83,  -5.37, -5.41,  -8.72,  -5.18,  -4.60,  -7.28,
                       -6.07,  -6.36, -7.23, -5.94,  -7.49, -5.22,  -5.77,  -6.18,  -8.87,  -6.43,
                       -8.97,  -7.00, -7.19, -8.05,  -7.32, -8.21,  -10.16, -10.32, -10.27, -7.35,
                       -10.09, -6.97, -8.16, -14.19, -8.85, -10.91, -8.06,  -8.19,  -8.57,  -8.13},
                      {-5.17, -6.71, -5.92, -6.80,  -5.30, -5.45, -8.64, -5.00, -4.25, -6.97,
                       -5.73, -5.83, -6.85, -5.28,  -6.89, -4.70, -5.19, -4.78, -7.43, -4.92,
                       -6.42, -5.45, -5.19, -6.79,  -5.95, -5.55, -7.56, -8.25, -7.09, -5.74,
                       -6.50, -4.87, -5.46, -10.31, -5.93, -6.42, -5.61, -5.34, -4.86, -4.72}),
            21);
  EXPECT_EQ(
      displaced({-5.80, -6.25, -5.09, -6.08, -8.34, -5.82, -5.15, -6.54, -5.72, -6.06, -7.13, -5.98, -6.59,
                 -5.93, -6.67, -6.30, -7.76, -6.33, -7.93, -7.86, -6.84, -7.15, -6.25, -6.20, -6.80},
                {-5.80, -5.89, -4.93, -5.76, -7.80, -5.22, -4.91, -5.95, -5.22, -5.60, -6.56, -5.52, -6.11,
                 -5.70, -6.27, -5.92, -7.24, -5.94, -7.50, -7.49, -6.55, -6.61, -6.03, -5.94, -6.54}),
      0);
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
