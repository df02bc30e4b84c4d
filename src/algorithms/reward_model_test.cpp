#include "algorithms/reward_model.h"

#include <gtest/gtest.h>

#include <set>

#include "algorithms/small_world_test.h"

namespace nudge {
namespace {

std::vector<PreferencePair> pairs(std::int64_t prompts) {
  std::vector<PreferencePair> all;
  for (std::int64_t i = 0; i < prompts; ++i) {
    const Prompt prompt{.id = std::to_string(i), .text = "prompt " + std::to_string(i)};
    all.push_back({.prompt = prompt, .chosen = "good", .rejected = "bad"});
    all.push_back({.prompt = prompt, .chosen = "good", .rejected = "worse"});
  }
  return all;
}

TEST(RewardModelData, SplitsByPromptAndKeepsItsPairsTogether) {
  const SmallWorld world("reward_split");
  RewardModelConfig config;
  config.eval_share = 0.3;
  const RewardModelData data = reward_model_data(pairs(200), world.format(), config, 5);
  EXPECT_EQ(data.train.size() + data.eval.size(), 200U);
  EXPECT_NEAR(static_cast<double>(data.eval.size()), 60, 25);
  std::set<std::vector<TokenId>> trained;
  for (const PromptPairs& prompt : data.train) {
    trained.insert(prompt.prompt);
    EXPECT_EQ(prompt.pairs.size(), 2U);
  }
  for (const PromptPairs& prompt : data.eval) EXPECT_FALSE(trained.contains(prompt.prompt));
}

TEST(RewardModelData, TheSplitOfAPromptDoesNotDependOnTheOthers) {
  const SmallWorld world("reward_stable");
  RewardModelConfig config;
  config.eval_share = 0.5;
  auto held_out = [&](std::int64_t prompts) {
    std::set<std::vector<TokenId>> out;
    for (const auto& prompt : reward_model_data(pairs(prompts), world.format(), config, 5).eval)
      out.insert(prompt.prompt);
    return out;
  };
  const auto few = held_out(20), many = held_out(100);
  for (const auto& prompt : few) EXPECT_TRUE(many.contains(prompt));
}

TEST(RewardModelData, CountsWhatItLeavesOut) {
  const SmallWorld world("reward_left_out");
  std::vector<PreferencePair> all = pairs(4);
  all[0].tie = true;
  all[1].chosen = std::string(200, 'x');
  RewardModelConfig config;
  config.max_length = 60;
  config.eval_share = 0;
  const RewardModelData data = reward_model_data(all, world.format(), config, 5);
  EXPECT_EQ(data.ties, 1);
  EXPECT_EQ(data.too_long, 1);
  EXPECT_EQ(data.train.size(), 3U);
}

TEST(RewardModelData, OnlyAFinishedAnswerCarriesTheStopToken) {
  const SmallWorld world("reward_ended");
  std::vector<PreferencePair> all = pairs(1);
  all[0].extra["rejected_ended"] = false;
  RewardModelConfig config;
  config.eval_share = 0;
  const RewardModelData data = reward_model_data(all, world.format(), config, 5);
  const TokenizedPair& pair = data.train.front().pairs.front();
  EXPECT_EQ(pair.chosen.back(), world.format().stop_token());
  EXPECT_NE(pair.rejected.back(), world.format().stop_token());
}

TEST(RewardModelData, NothingLeftIsAnError) {
  const SmallWorld world("reward_nothing");
  RewardModelConfig config;
  config.max_length = 3;
  EXPECT_THROW(reward_model_data(pairs(2), world.format(), config, 5), Error);
}

}  // namespace
}  // namespace nudge
