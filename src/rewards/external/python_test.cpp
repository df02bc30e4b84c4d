// Reward functions in Python files, of TRL's signature, through the runner that the library carries.
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "rewards/catalogue.h"

namespace nudge {
namespace {

constexpr const char* kFunctions = R"(
import asyncio
import helper_of_rewards_test

def length(completions, **kwargs):
    print("this goes to stderr")
    return [float(len(c)) for c in completions]

def everything(prompts, completions, completion_ids, answer, **kwargs):
    return [len(p) + 10 * len(c) + 100 * len(i) + 1000 * a for p, c, i, a in zip(prompts, completions, completion_ids, answer)]

def contents(completions):
    return [len(completion[0]["content"]) for completion in completions]

def none(completions, **kwargs):
    return [None if c == "" else float("nan") if c == "x" else 1 for c in completions]

async def later(completions, **kwargs):
    await asyncio.sleep(0.01)
    return [helper_of_rewards_test.ANSWER] * len(completions)

lock = None

async def keeps_its_loop(completions, **kwargs):
    global lock
    lock = lock or asyncio.get_running_loop()
    return [float(lock is asyncio.get_running_loop())] * len(completions)

def step(completions, trainer_state, **kwargs):
    return [trainer_state.global_step] * len(completions)

def logs(completions, log_metric, log_extra, **kwargs):
    log_metric("words", 2)
    log_metric("words", 4.0)
    log_metric("broken", float("nan"))
    log_extra("length", [len(c) for c in completions])
    log_extra("text", completions)
    log_extra("digits", ["7"] * len(completions))
    log_extra("huge", [10**400] * len(completions))
    log_metric("nothing", None)
    log_metric("huge", 10**400)
    log_metric("words", "many")
    return [None if c == "" else 1.0 for c in completions]

def logs_and_raises(completions, log_metric, **kwargs):
    log_metric("words", 2)
    raise ValueError("no good")

def raises(completions, **kwargs):
    raise ValueError("no good: " + 200 * "x" + " the end")

def says_much(completions, **kwargs):
    for i in range(100000):
        print("line", i)
    return [1.0] * len(completions)

def short(completions, **kwargs):
    return [1.0]

def exits(completions, **kwargs):
    raise SystemExit("enough")
)";

class Python : public testing::Test {
 protected:
  void SetUp() override {
    write_file(folder_ + "functions.py", kFunctions);
    write_file(folder_ + "helper_of_rewards_test.py", "ANSWER = 42\n");
    for (std::size_t i = 0; i < 3; ++i) {
      three_.push_back(
          {.prompt = {.text = "ab", .extra = {{"answer", i}}}, .completion = std::string(i, 'x')});
      three_.back().completion_tokens.resize(2);
    }
  }

  std::string scores(const std::string& function) {
    std::vector<Trajectory> scored = three_;
    const auto reward = make_reward(parse_reward_spec("python:" + folder_ + "functions.py:" + function));
    EXPECT_EQ(reward->name(), function);
    reward->score(scored);
    std::string text;
    for (const Trajectory& one : scored) text += std::isnan(one.score) ? "? " : fmt::format("{} ", one.score);
    return text;
  }

  std::string folder_ = testing::TempDir() + "python_rewards/";
  std::vector<Trajectory> three_;
};

TEST_F(Python, FunctionsGetWhatTheyName) {
  EXPECT_EQ(scores("length"), "0 1 2 ");
  EXPECT_EQ(scores("everything"), "202 1212 2222 ");
  EXPECT_EQ(scores("later"), "42 42 42 ");
}

TEST_F(Python, ConversationsAreListsOfMessages) {
  for (Trajectory& one : three_) one.prompt = {.messages = {{"user", "hi"}}};
  EXPECT_EQ(scores("contents"), "0 1 2 ");
}

TEST_F(Python, NoneAndNanCannotBeScored) {
  EXPECT_EQ(scores("none"), "? ? 1 ");
}

TEST_F(Python, WhatFailsIsNoScore) {
  EXPECT_EQ(scores("raises"), "? ? ? ");
  EXPECT_EQ(scores("short"), "? ? ? ");
  EXPECT_EQ(scores("exits"), "? ? ? ");
  EXPECT_EQ(scores("missing"), "? ? ? ");
}

// dead-reward-exit-0: what will never score is told before the first rollout.
TEST_F(Python, IsLookedUpAndCalledOnceBeforeARun) {
  const auto rehearse = [&](const std::string& file, const std::string& function) {
    make_reward(parse_reward_spec("python:" + folder_ + file + ":" + function))->rehearse(three_[0].prompt);
  };
  EXPECT_NO_THROW(rehearse("functions.py", "length"));
  EXPECT_NO_THROW(rehearse("functions.py", "raises"));  // it may do better on real answers
  EXPECT_THROW(rehearse("functions.py", "missing"), Error);
  write_file(folder_ + "broken.py", "def length(completions:\n");
  EXPECT_THROW(rehearse("broken.py", "length"), Error);
}

TEST_F(Python, OneEventLoopServesTheWholeRun) {
  const auto reward = make_reward(parse_reward_spec("python:" + folder_ + "functions.py:keeps_its_loop"));
  for (int call = 0; call < 3; ++call) {
    reward->score(three_);
    EXPECT_EQ(three_[0].score, 1);
  }
}

TEST_F(Python, TheStepIsThatOfThePolicy) {
  for (Trajectory& one : three_) one.policy_version = 7;
  EXPECT_EQ(scores("step"), "7 7 7 ");
}

using Components = std::vector<std::pair<std::string, double>>;

TEST_F(Python, WhatItLogsBecomesComponents) {
  const auto reward = make_reward(parse_reward_spec("python:" + folder_ + "functions.py:logs"));
  reward->score(three_);
  EXPECT_EQ(three_[2].components, (Components{{"logs", 1}, {"logs/length", 2}, {"logs/words", 3}}));
  EXPECT_TRUE(std::isnan(three_[0].score));
  EXPECT_EQ(three_[0].components.at(1).second, 0);
  EXPECT_EQ(scores("logs_and_raises"), "? ? ? ");
}

TEST_F(Python, WhatItPrintsGoesToStderrUpToALimit) {
  testing::internal::CaptureStderr();
  scores("length");
  scores("raises");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("this goes to stderr\n"), std::string::npos) << said;
  EXPECT_NE(said.find("Traceback"), std::string::npos) << said;
  EXPECT_NE(said.find("xx the end (3)"), std::string::npos) << said;  // the warning shows the whole sentence

  testing::internal::CaptureStderr();
  EXPECT_EQ(scores("says_much"), "1 1 1 ");
  const std::string much = testing::internal::GetCapturedStderr();
  EXPECT_NE(much.find("line 99\n"), std::string::npos);
  EXPECT_LT(much.size(), 70000U);
  EXPECT_NE(much.find("is not shown"), std::string::npos);
}

TEST_F(Python, WrongSpecsAreRefused) {
  EXPECT_THROW(make_reward(parse_reward_spec("python:nothing.py:f")), Error);
  EXPECT_THROW(make_reward(parse_reward_spec("python:functions.py")), UsageError);
}

}  // namespace
}  // namespace nudge
