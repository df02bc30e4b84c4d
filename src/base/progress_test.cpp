#include "base/progress.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "base/terminal.h"

namespace nudge {
namespace {

TEST(Progress, WithoutATerminalTheLastStateIsOnePlainLine) {
  testing::internal::CaptureStderr();
  {
    Progress progress("sft", 200, "step");
    Metrics numbers;
    for (int step = 150; step <= 200; ++step) {
      numbers.set("loss", 0.5 + step);
      numbers.set("tokens", 1000 * step);
      progress.update(step, numbers);
    }
  }
  const std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(shown.starts_with("sft step 200/200  100%  ")) << shown;
  EXPECT_TRUE(shown.ends_with("took 0:00  loss 200.5  tokens 200k\n")) << shown;
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 1);
}

TEST(Progress, LeavesOutWhatAStepDidNotMeasure) {
  testing::internal::CaptureStderr();
  {
    Progress progress("kto", 2, "step");
    Metrics numbers;
    numbers.set("loss", 0.5);
    numbers.set("margin", std::nan(""));  // all of the step's completions were liked
    progress.update(2, numbers);
  }
  const std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(shown.ends_with("took 0:00  loss 0.5\n")) << shown;
}

TEST(Progress, LargeNumbersAreShort) {
  testing::internal::CaptureStderr();
  {
    Progress progress("merge", 0, "merge");
    Metrics numbers;
    numbers.set("tok/s", 18524.3);
    numbers.set("words", 4171234);
    numbers.set("kl", 3.094e-07);
    progress.update(2, numbers);
  }
  const std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(shown.ends_with("tok/s 18.52k  words 4.171M  kl 3.094e-07\n")) << shown;
}

TEST(Progress, NothingDoneShowsNothing) {
  testing::internal::CaptureStderr();
  {
    Progress progress("sft", 200, "step");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, SayAndWarnAreWholeLines) {
  testing::internal::CaptureStderr();
  say("hello");
  warn("careful");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "hello\nwarning: careful\n");
}

TEST(Progress, TimeGoesForward) {
  const double before = now_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_GE(now_seconds() - before, 0.002);
}

TEST(Terminal, WrapsAtSpaces) {
  EXPECT_EQ(wrap("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrap("one two three", 9, 2), "one two\n  three");
  EXPECT_EQ(wrap("unbreakable", 4), "unbreakable");
  EXPECT_EQ(wrap("", 10), "");
  EXPECT_EQ(columns("é…x"), 3);
}

TEST(Terminal, SentencesStandBesideNamesWhereThereIsRoom) {
  const std::vector<HelpLine> lines{
      {"one", "--a", "Does a."}, {"two", "--b", "Does b."}, {"one", "--cc", "Does c."}};
  EXPECT_EQ(help_lines(lines, 80), "\none\n  --a   Does a.\n  --cc  Does c.\n\ntwo\n  --b   Does b.\n");
  EXPECT_EQ(help_lines(std::span(lines).first(1), 40), "\none\n  --a\n      Does a.\n");
}

}  // namespace
}  // namespace nudge
