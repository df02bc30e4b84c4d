#include "training/step_loop.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/options.h"
#include "base/temporary_folder.h"
#include "training/plan.h"

namespace nudge {
namespace {

struct Looped {
  Looped() { run.save_steps = 1; }

  // Counts up to the KL of `limit`, and how many checkpoints there are at the end.
  std::int64_t steps_until(std::int64_t total, std::optional<double> limit) {
    Run opened(folder.path(), {}, {.resume = true});
    std::int64_t taken = 0;
    StepLoop loop({"test", total, "3 things", "rollout"}, run, opened, {kept("taken", taken)});
    while (loop.next()) {
      StepNumbers numbers;
      numbers.metrics.set("kl", static_cast<double>(++taken));
      loop.stop_above("kl", static_cast<double>(taken), limit);
      loop.record(numbers, /*log=*/true);
    }
    return taken;
  }

  TemporaryFolder folder;
  RunOptions run;
};

TEST(StepLoop, TakesEveryStepAndGoesOnFromTheNewestCheckpoint) {
  Looped looped;
  EXPECT_EQ(looped.steps_until(3, {}), 3);
  EXPECT_EQ(looped.steps_until(5, {}), 5);  // from the checkpoint after step 2; the last step writes none
}

TEST(StepLoop, StopsAboveTheLimitWithoutACheckpointThatWouldGoOn) {
  Looped looped;
  EXPECT_EQ(looped.steps_until(9, 3.5), 4);
  EXPECT_EQ(looped.steps_until(9, 3.5), 4);  // as a run that was killed between the stop and its final model
  EXPECT_EQ(looped.steps_until(9, 8.5), 9);
}

TEST(StepLoop, APlanStopsAfterTwoStepsAndSaysWhatTheWholeTakes) {
  Looped looped;
  looped.run.plan = true;
  try {
    looped.steps_until(10, {});
    FAIL() << "a plan must not take all steps";
  } catch (const Planned& planned) {
    const std::string text = planned.what();
    EXPECT_NE(text.find("each rollout: 3 things; 10 rollouts in all"), std::string::npos) << text;
    EXPECT_NE(text.find("Nothing was written."), std::string::npos) << text;
  }
  EXPECT_FALSE(std::filesystem::exists(looped.folder.path() / "checkpoints"));
}

// ifeval-one-bad-record: an error in a step lost all since the last checkpoint.
TEST(StepLoop, AnErrorInAStepSavesACheckpointFromWhichItIsTakenAgain) {
  Looped looped;
  looped.run.save_steps = 0;
  std::int64_t taken = 0;
  const auto go = [&](std::int64_t fails_at) {
    nudge::Run opened(looped.folder.path(), {}, {.resume = true});
    taken = 0;
    StepLoop loop({"test", 5, "3 things"}, looped.run, opened, {kept("taken", taken)});
    while (loop.next()) {
      ++taken;
      require(taken != fails_at, "step {} fails", taken);
      loop.record({}, /*log=*/true);
    }
  };
  EXPECT_THROW(go(1), Error);  // nothing to save yet
  EXPECT_FALSE(exists(looped.folder.path() / "checkpoints"));
  EXPECT_THROW(go(4), Error);
  EXPECT_TRUE(exists(looped.folder.path() / "checkpoints/step-3"));
  go(0);
  EXPECT_EQ(taken, 5);
}

TEST(StepLoop, ARunThatNeverChangedItsWeightsEndsWithAnError) {
  Looped looped;
  std::int64_t updates = 0;
  const Kept learner{[](State&) {}, [](const State&) {}, [&] { return updates; }};
  const auto go = [&] {
    nudge::Run opened(looped.folder.path(), {}, {.resume = true});
    StepLoop loop({"test", 2, "3 things"}, looped.run, opened, {learner});
    while (loop.next()) loop.record({});
  };
  EXPECT_THROW(go(), Error);
  updates = 1;
  EXPECT_NO_THROW(go());
}

// A run of `total` steps that is stopped behind each step of `stops`, and its metrics.jsonl.
std::string lines_of(std::int64_t total, const std::vector<std::int64_t>& stops) {
  const TemporaryFolder folder;
  const RunOptions options{.save_steps = 1, .logging_steps = 3};
  std::vector<std::int64_t> ends = stops;
  ends.push_back(total);
  for (const std::int64_t end : ends) {
    nudge::Run run(folder.path(), {}, {.resume = true});
    StepLoop loop({"test", total, "things"}, options, run, {});
    while (loop.step() < end && loop.next()) {
      const auto step = static_cast<double>(loop.step());
      StepNumbers numbers;
      numbers.metrics.set("loss", 1 / (step + 3));
      numbers.latest.set("seen", step);
      numbers.metrics.set("margin", step < 3 ? NAN : step);
      loop.record(numbers);
    }
  }
  return read_file(folder.path() / "metrics.jsonl");
}

// TRL's logging_steps too is the mean over the steps since the last line, not the last step alone.
TEST(StepLoop, ALineHoldsAllStepsSinceTheLast) {
  std::istringstream lines(lines_of(7, {}));
  std::vector<Json> all;
  for (std::string line; std::getline(lines, line);) all.push_back(parse_json(line, "metrics.jsonl"));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0]["step"], 3);
  EXPECT_NEAR(all[0]["loss"].get<double>(), (1.0 / 3 + 1.0 / 4 + 1.0 / 5) / 3, 1e-15);
  EXPECT_EQ(all[0]["seen"], 2);
  EXPECT_TRUE(all[0]["margin"].is_null());
  EXPECT_EQ(all[1]["margin"], 4);
  EXPECT_EQ(all[2]["step"], 7);
  EXPECT_NEAR(all[2]["loss"].get<double>(), 1.0 / 9, 1e-15);
}

TEST(StepLoop, AnOpenLineOutlivesAStop) {
  const std::string whole = lines_of(8, {});
  EXPECT_EQ(lines_of(8, {1, 2, 3, 4, 5, 6, 7}), whole);
  EXPECT_EQ(lines_of(8, {4, 5}), whole);
}

TEST(StepLoop, RefusesOptionsOutOfRange) {
  Looped looped;
  looped.run.logging_steps = 0;  // a step was divided by it
  EXPECT_THROW(looped.steps_until(3, {}), UsageError);
  looped.run = {.save_steps = -1};
  EXPECT_THROW(looped.steps_until(3, {}), UsageError);
}

TEST(Plan, CountsWhatTheWholeTakes) {
  const std::string text = plan_text({.batch = "8 pairs of 80, 10 steps an epoch",
                                      .unit = "step",
                                      .total = 30,
                                      .seconds = 60,
                                      .threads = 2,
                                      .peak_bytes = 1.5e9,
                                      .state_bytes = 12'000'000,
                                      .save_steps = 10,
                                      .before = "400 completions read by the reference once, about 12 s"});
  EXPECT_EQ(
      text,
      "batches  each step: 8 pairs of 80, 10 steps an epoch; 30 steps in all\n"
      "time     60 s a step (measured, on 2 threads): 30.0 min for all, beside loading, evaluations and "
      "checkpoints\n"
      "memory   1.5 GB at the peak so far; longer batches take more\n"
      "before   400 completions read by the reference once, about 12 s\n"
      "disk     12 MB a checkpoint, every 10 steps; the newest two are kept\n"
      "Nothing was written.");
}

}  // namespace
}  // namespace nudge
