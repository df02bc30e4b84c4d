#include "rollout/collector.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/files.h"
#include "model/tiny_config_test.h"
#include "rewards/function_reward.h"
#include "text/bpe_trainer.h"

namespace nudge {
namespace {

std::shared_ptr<const Tokenizer> small_tokenizer() {
  const std::filesystem::path file = testing::TempDir() + "collector_test/tokenizer.json";
  write_file(file, train_bpe({"the cat sat on the mat. the dog sat on the log."}, {.vocab_size = 270}));
  return Tokenizer::load(file)->with_chat(kChatMlTemplate, "<|im_end|>");
}

Decoder small_model() {
  return Decoder(tiny_config(270), 1);
}

const std::vector<Prompt> kPrompts = {{.id = "a", .text = "the cat"},
                                      {.id = "b", .messages = {{"user", "where did the dog sit?"}}},
                                      {.id = "c", .text = "the log"}};

TEST(Collect, KeepsPromptsInOrderAndFieldsInStep) {
  const ChatFormat format(small_tokenizer());
  const Decoder model = small_model();
  Engine engine(model, 4);
  FunctionReward reward("tokens", [](const Trajectory& trajectory) {
    return static_cast<double>(trajectory.completion_tokens.size());
  });
  const SamplingOptions sampling{.max_new_tokens = 40, .num_generations = 20, .seed = 2};
  const auto trajectories = collect(kPrompts, format, engine, sampling, &reward, 7);
  ASSERT_EQ(trajectories.size(), 60u);
  std::int64_t ended = 0;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    const Trajectory& trajectory = trajectories[i];
    EXPECT_EQ(trajectory.prompt.id, kPrompts[i / 20].id);
    EXPECT_EQ(trajectory.prompt_tokens, format.encode_prompt(kPrompts[i / 20]));
    EXPECT_EQ(trajectory.logprobs.size(), trajectory.completion_tokens.size());
    EXPECT_EQ(trajectory.policy_version, 7);
    EXPECT_EQ(trajectory.score, static_cast<double>(trajectory.completion_tokens.size()));
    EXPECT_EQ(trajectory.ended, trajectory.completion_tokens.back() == format.stop_token());
    std::vector<TokenId> text = trajectory.completion_tokens;
    if (trajectory.ended) text.pop_back();
    EXPECT_EQ(trajectory.completion, format.tokenizer().decode(text));
    ended += trajectory.ended;
  }
  EXPECT_GT(ended, 0);
  EXPECT_LT(ended, 60);
}

// Case eos-list: every end that the format knows ends an answer, as in any command that samples.
TEST(Collect, StopsAtEveryEnd) {
  const std::filesystem::path folder = testing::TempDir() + "collector_ends";
  small_tokenizer()->with_chat("", "<|endoftext|>")->save(folder);
  write_file(folder / "config.json", R"({"eos_token_id": [5, 6]})");
  const ChatFormat format(Tokenizer::load(folder));
  const Decoder model = small_model();
  Engine engine(model);
  const SamplingOptions sampling{.max_new_tokens = 40, .num_generations = 40, .seed = 2};
  std::set<TokenId> ends;
  for (const Trajectory& trajectory :
       collect(std::span(kPrompts).first(1), format, engine, sampling, nullptr, 0))
    if (trajectory.ended) ends.insert(trajectory.completion_tokens.back());
  const auto all = format.end_tokens();
  EXPECT_EQ(ends, std::set<TokenId>(all.begin(), all.end()));
  EXPECT_EQ(ends.size(), 3u);
}

TEST(Collect, WithoutARewardScoresStayZero) {
  const ChatFormat format(small_tokenizer());
  const Decoder model = small_model();
  Engine engine(model);
  for (const Trajectory& trajectory : collect(kPrompts, format, engine, {.max_new_tokens = 3}, nullptr, 0)) {
    EXPECT_EQ(trajectory.score, 0);
    EXPECT_TRUE(trajectory.components.empty());
  }
}

}  // namespace
}  // namespace nudge
