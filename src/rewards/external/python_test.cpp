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

def raises(completions, **kwargs):
    raise ValueError("no good")

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

TEST_F(Python, WrongSpecsAreRefused) {
  EXPECT_THROW(make_reward(parse_reward_spec("python:nothing.py:f")), Error);
  EXPECT_THROW(make_reward(parse_reward_spec("python:functions.py")), UsageError);
}

}  // namespace
}  // namespace nudge
