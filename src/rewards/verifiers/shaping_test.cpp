// The rewards of TRL's own tests (tests/test_rewards.py of TRL 1.12) and TRL itself on random completions
// (tools/goldens/rewards.py): length, repetition, cosine, format.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "base/json.h"
#include "rewards/catalogue.h"
#include "rewards/verifiers/format.h"
#include "rewards/verifiers/repetition.h"

namespace nudge {
namespace {

Trajectory with_tokens(std::vector<std::int32_t> tokens) {
  return {.completion_tokens = std::move(tokens), .completion = "text"};
}

double score_of(const std::string& spec, Trajectory trajectory) {
  std::vector<Trajectory> one = {std::move(trajectory)};
  make_reward(parse_reward_spec(spec))->score(one);
  return one[0].score;
}

TEST(SoftOverlongPunishment, FallsOverTheCache) {
  const std::string spec = "soft_overlong_punishment,max_completion_len=100,soft_punish_cache=20";
  const auto at = [&](std::size_t length) {
    return score_of(spec, with_tokens(std::vector<std::int32_t>(length, 1)));
  };
  EXPECT_EQ(at(50), 0);
  EXPECT_EQ(at(80), 0);
  EXPECT_EQ(at(90), -0.5);
  EXPECT_EQ(at(100), -1);
  EXPECT_EQ(at(110), -1);
  const std::string hard = "soft_overlong_punishment,max_completion_len=5";
  EXPECT_EQ(score_of(hard, with_tokens(std::vector<std::int32_t>(5, 1))), 0);
  EXPECT_EQ(score_of(hard, with_tokens(std::vector<std::int32_t>(6, 1))), -1);
  EXPECT_TRUE(std::isnan(score_of(spec, {.completion = "text alone"})));
}

TEST(RepetitionPenalty, IsTheShareOfRepeatedGrams) {
  const auto penalty = [](std::int64_t n, std::vector<std::int32_t> tokens) {
    return RepetitionPenalty{.ngram_size = n}(with_tokens(std::move(tokens)));
  };
  EXPECT_EQ(penalty(2, {1, 2, 3, 4}), 0);
  EXPECT_DOUBLE_EQ(penalty(2, {5, 5, 5, 5, 5}), -0.75);
  EXPECT_DOUBLE_EQ(penalty(2, {1, 2, 1, 2, 1, 2}), -0.6);
  EXPECT_DOUBLE_EQ(penalty(3, {1, 2, 3, 1, 2, 3}), -0.25);
  EXPECT_EQ(penalty(3, {1, 2}), 0);
  EXPECT_EQ(RepetitionPenalty()({.completion = ""}), 0);
  EXPECT_TRUE(std::isnan(RepetitionPenalty()({.completion = "text alone"})));
}

TEST(CosineScaled, RunsFromShortToLong) {
  const auto scaled = [](std::size_t length, const std::string& answer) {
    Trajectory trajectory = with_tokens(std::vector<std::int32_t>(length, 1));
    trajectory.completion = answer;
    trajectory.prompt.extra = {{"answer", "\\frac{1}{3}"}};
    return score_of("cosine_scaled,max_len=100:number", std::move(trajectory));
  };
  const std::string right = "\\boxed{\\frac{1}{3}}", wrong = "\\boxed{\\frac{1}{2}}";
  EXPECT_NEAR(scaled(25, right), 0.92678, 1e-5);
  EXPECT_NEAR(scaled(50, right), 0.75, 1e-12);
  EXPECT_NEAR(scaled(75, right), 0.57322, 1e-5);
  EXPECT_NEAR(scaled(100, right), 0.5, 1e-12);
  EXPECT_NEAR(scaled(150, right), 0.5, 1e-12);
  EXPECT_NEAR(scaled(25, wrong), -0.92678, 1e-5);
  EXPECT_NEAR(scaled(50, wrong), -0.75, 1e-12);
  EXPECT_NEAR(scaled(75, wrong), -0.57322, 1e-5);
  EXPECT_NEAR(scaled(150, wrong), -0.5, 1e-12);
}

TEST(ThinkFormat, IsTrlsPattern) {
  const auto at = [](const std::string& text) { return think_format({.completion = text}); };
  EXPECT_EQ(at("<think>This is my reasoning.</think>This is my answer."), 1);
  EXPECT_EQ(at("<think>\nThis is my reasoning.\n</think>\nThis is my answer."), 1);
  EXPECT_EQ(at("<think></think>This is my answer."), 1);
  EXPECT_EQ(at("<think>\n</think>"), 1);
  EXPECT_EQ(at("<think>reasoning</think>answer</think>"), 1);  // TRL's pattern allows a stray close
  EXPECT_EQ(at("<think>\nThis is my reasoning.\nThis is my answer."), 0);
  EXPECT_EQ(at("This is my reasoning. This is my answer."), 0);
  EXPECT_EQ(at("before <think>reasoning</think> answer"), 0);
  EXPECT_EQ(at("<think>This <think>is my</think> reasoning.</think> answer"), 0);
  EXPECT_EQ(at("<think>one</think><think>two</think>"), 0);
  EXPECT_EQ(at("</think>reasoning<think>answer"), 0);
  EXPECT_EQ(at(""), 0);
}

TEST(Shaping, IsTrlsOnRandomCompletions) {
  const Json golden = read_json(std::string(NUDGE_SOURCE_DIR) + "/tests/goldens/rewards.json");
  const Json& completions = golden["completion_ids"];
  for (std::size_t i = 0; i < completions.size(); ++i) {
    Trajectory trajectory{.completion_tokens = completions[i].get<std::vector<std::int32_t>>()};
    trajectory.completion = golden["correct"][i].get<bool>() ? "1" : "0";
    trajectory.prompt.extra["answer"] = 1;
    const auto expect = [&](const char* name, const std::string& spec) {
      EXPECT_NEAR(score_of(spec, trajectory), golden[name][i].get<double>(), 1e-12) << name << " " << i;
    };
    if (completions[i].empty()) trajectory.completion.clear();  // nothing was said, so nothing is right
    expect("soft_overlong_30_12", "soft_overlong_punishment,max_completion_len=30,soft_punish_cache=12");
    expect("repetition_3", "repetition_penalty");
    expect("repetition_2_half", "repetition_penalty,ngram_size=2,max_penalty=-0.5");
    if (completions[i].empty()) continue;
    expect("cosine_30", "cosine_scaled,max_len=30,min_value_wrong=-2,max_value_correct=1.5:number");
  }
  const Json& texts = golden["texts"];
  for (std::size_t i = 0; i < texts.size(); ++i)
    EXPECT_EQ(think_format({.completion = texts[i]}), golden["think_format"][i].get<double>()) << texts[i];
}

TEST(TagFormat, WantsEachTagOnceInOrderAndNothingElse) {
  const TagFormat format("think,answer");
  const auto at = [&](const std::string& text) { return format({.completion = text}); };
  EXPECT_EQ(at("<think>a</think> <answer>b</answer>\n"), 1);
  EXPECT_EQ(at("<think></think><answer></answer>"), 1);
  EXPECT_EQ(at("<answer>b</answer><think>a</think>"), 0);
  EXPECT_EQ(at("<think>a</think>so <answer>b</answer>"), 0);
  EXPECT_EQ(at("<think>a</think><answer>b</answer> bye"), 0);
  EXPECT_EQ(at("<think>a<think>a</think></think><answer>b</answer>"), 0);
  EXPECT_EQ(at("<think>a</think><answer>b"), 0);
  EXPECT_EQ(at(""), 0);
}

TEST(Length, CountsWordsCharactersTokens) {
  EXPECT_EQ(score_of("length,min=2,max=3", {.completion = "two  words"}), 1);
  EXPECT_EQ(score_of("length,max=1", {.completion = "two words"}), 0);
  EXPECT_EQ(score_of("length,unit=characters,max=3", {.completion = "äöü"}), 1);
  EXPECT_EQ(score_of("length,unit=tokens,min=3", with_tokens({1, 2})), 0);
  EXPECT_TRUE(std::isnan(score_of("length,unit=tokens,min=3", {.completion = "text alone"})));
}

}  // namespace
}  // namespace nudge
