#include "training/ending.h"

#include <gtest/gtest.h>

namespace nudge {
namespace {

Watch watched(double gold_at_the_end) {
  Watch watch;
  for (int step = 0; step < 20; ++step) {
    const double done = step / 19.0, jump = step % 2 == 0 ? 0.01 : -0.01;
    watch.add({.reward = done + jump,
               .monitors = {{"gold", 0.4 + done * (gold_at_the_end - 0.4) + jump}},
               .kl = 3 * done,
               .answers = 100,
               .distinct = 0.8},
              "rollout " + std::to_string(step + 1));
  }
  return watch;
}

TEST(Ending, SaysWhatChangedWhereTheModelLiesAndWhatComesNext) {
  const Ending ending = ending_of(watched(0.6), "ppo", 20, "rollout");
  EXPECT_EQ(
      ending_text(ending, "runs/x", {"nudge chat runs/x", "nudge report runs/x"}),
      "ppo: 20 rollouts: reward from 0.107 to 0.893, monitor gold from 0.423 to 0.577, KL to the "
      "reference from 0.316 to 2.68, distinct answers from 80 % to 80 % (no clear change) (means of the "
      "first and the last 5 values).\n"
      "The model lies in runs/x/final. Next:\n"
      "  nudge chat runs/x\n"
      "  nudge report runs/x");
}

TEST(Ending, RepeatsTheAlarmsThatRang) {
  const Ending ending = ending_of(watched(-0.2), "ppo", 20, "rollout");
  ASSERT_EQ(ending.remarks.size(), 1U);
  EXPECT_TRUE(ending.remarks[0].starts_with("Alarm at rollout ")) << ending.remarks[0];
  EXPECT_NE(ending.remarks[0].find("reward and monitor have parted"), std::string::npos) << ending.remarks[0];
}

TEST(Ending, SaysThatNothingWatchedTheReward) {
  Watch watch;
  watch.add({.reward = 1}, "rollout 1");
  const Ending ending = ending_of(watch, "grpo", 1, "rollout");
  ASSERT_EQ(ending.remarks.size(), 1U);
  EXPECT_NE(ending.remarks[0].find("--monitor"), std::string::npos);
  EXPECT_EQ(changes_text(ending), "grpo: 1 rollout: reward 1.");
}

TEST(Ending, SaysThatNothingWasLearned) {
  Watch watch;
  for (int step = 0; step < 20; ++step)
    watch.add({.reward = step % 2 == 0 ? 0.1 : 0.2, .monitors = {{"gold", 0}}}, "rollout");
  const Ending ending = ending_of(watch, "grpo", 20, "rollout");
  ASSERT_EQ(ending.remarks.size(), 1U);
  EXPECT_NE(ending.remarks[0].find("--learning_rate"), std::string::npos) << ending.remarks[0];
}

TEST(Ending, ComesBackFromItsFile) {
  const Ending ending = ending_of(watched(0.6), "ppo", 20, "rollout");
  const Ending back = ending_from(parse_json(to_pretty(ending_json(ending)), "test"), "test");
  EXPECT_EQ(ending_text(back, "x", {}), ending_text(ending, "x", {}));
}

TEST(Watch, GoesOnFromWhatACheckpointHolds) {
  Watch whole = watched(-0.2), second;
  second.restore(parse_json(to_line(whole.json()), "test"));
  const Vitals next{.reward = 2, .monitors = {{"gold", -1}}, .kl = 4, .answers = 100, .distinct = 0.1};
  EXPECT_EQ(whole.add(next, "rollout 21"), second.add(next, "rollout 21"));
  EXPECT_EQ(to_line(whole.json()), to_line(second.json()));
}

TEST(Watch, KnowsAfterACheckpointWhichAlarmsHaveRung) {
  Watch whole;
  const auto falling = [](int step) { return Vitals{.chosen = -10.0 - step, .reference_chosen = -10}; };
  for (int step = 0; step < 15; ++step) whole.add(falling(step), "step " + std::to_string(step + 1));
  ASSERT_EQ(whole.rung().size(), 1U);
  EXPECT_NE(whole.rung()[0].find("displacement"), std::string::npos);
  Watch second;
  second.restore(parse_json(to_line(whole.json()), "test"));
  EXPECT_EQ(second.rung(), whole.rung());
  EXPECT_TRUE(second.add(falling(15), "step 16").empty());
}

}  // namespace
}  // namespace nudge
