#include "reward_models/reward_model.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "data/byte_tokenizer_test.h"
#include "model/checkpoint.h"
#include "model/tiny_config_test.h"
#include "tensor/aten.h"
#include "text/bpe_trainer.h"

namespace nudge {
namespace {

constexpr TokenId kVocabulary = 260, kEnd = 258;  // of the byte tokenizer below

std::unique_ptr<Decoder> random_reward_model() {
  auto model = Decoder(tiny_config(kVocabulary, 0.3), 1).clone_with_scalar_head();
  const at::NoGradGuard no_gradients;
  for (const auto& [name, weight] : model->parameters().named()) {
    if (name == "score.weight") weight.copy_(at::linspace(-1, 1, weight.size(1)).reshape({1, -1}));
  }
  model->config().reward_heads[0].mean = 0.5;
  model->config().reward_heads[0].std = 2;
  return model;
}

ChatFormat chatml(const std::string& chat_template = kChatMlTemplate) {
  return ChatFormat(std::make_shared<ByteTokenizer>(
      std::vector<std::string>{"<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>"}, "<|im_end|>",
      chat_template));
}

Prompt asks(const std::string& content) {
  return {.id = "p", .messages = {{"user", content}}};
}

// The score of `answer`, and what it is to be: that of `text` at its last token.
void expect_read(const std::shared_ptr<const Decoder>& model, const ChatFormat& format,
                 const Trajectory& answer, const std::string& text) {
  RewardModel reward(model, format, "helpful");
  std::vector<Trajectory> scored = {answer};
  reward.score(scored);
  const std::vector<std::vector<TokenId>> read = {format.tokenizer().encode_with_specials(text)};
  EXPECT_NEAR(scored[0].score, sequence_scores(*model, read)[0], 1e-6) << text;
}

std::vector<std::vector<TokenId>> random_sequences(std::size_t count) {
  Stream stream(3, "test sequences");
  std::vector<std::vector<TokenId>> sequences(count);
  for (auto& sequence : sequences) {
    sequence.resize(1 + stream.below(40));
    for (TokenId& token : sequence) token = static_cast<TokenId>(stream.below(kVocabulary));
  }
  return sequences;
}

TEST(HeadScores, AreThoseOfModelsWithOneHeadEach) {
  const auto one = random_reward_model();
  const auto several = one->clone_with_scalar_heads({"first", "second"}, 4);
  several->config().reward_heads[1].mean = 0.25;
  several->config().reward_heads[1].std = 3;
  const auto sequences = random_sequences(10);
  const auto both = head_scores(*several, sequences);
  const at::NoGradGuard no_gradients;
  for (std::size_t h = 0; h < 2; ++h) {
    const auto alone = one->clone();
    alone->config().reward_heads = {several->config().reward_heads[h]};
    for (const auto& [name, weight] : alone->parameters().named())
      if (name == "score.weight") weight.copy_(several->head_weight().numbers().slice(0, h, h + 1));
    const auto scores = sequence_scores(*alone, sequences);
    for (std::size_t i = 0; i < sequences.size(); ++i) EXPECT_NEAR(both[i][h], scores[i], 1e-5);
  }
  EXPECT_THROW(sequence_scores(*several, sequences), Error);
  EXPECT_THROW(RewardModel(one->clone_with_scalar_heads({"first", "second"}, 4), chatml(), "two"), Error);
}

TEST(SequenceScores, EqualOneByOneAndNormalised) {
  const auto model = random_reward_model();
  const auto sequences = random_sequences(30);
  const std::vector<double> scores = sequence_scores(*model, sequences, 100);
  ASSERT_EQ(scores.size(), 30u);
  const at::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const std::vector<std::vector<TokenId>> one = {sequences[i]};
    const at::Tensor hidden = model->hidden(pack(one));
    const double raw =
        at::matmul(hidden[hidden.size(0) - 1], model->head_weight().numbers()[0]).item<double>();
    EXPECT_NEAR(scores[i], (raw - 0.5) / 2, 1e-4);
  }
  EXPECT_GT(std::abs(scores[0] - scores[1]), 1e-3);
}

// Case reward-position: transformers, TRL and reward-bench read the last token of the rendered conversation.
TEST(RewardModel, ReadsTheLastTokenOfTheFinishedConversation) {
  const std::shared_ptr<const Decoder> model = random_reward_model();
  const Trajectory answer{.prompt = asks("Who?"), .completion = "The king.", .ended = true};
  const std::string turns = "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\nThe king.<|im_end|>";
  expect_read(model, chatml(), answer, turns + "\n");
  Trajectory cut = answer;
  cut.ended = false;  // closed like any other
  expect_read(model, chatml(), cut, turns + "\n");
  Trajectory sampled = answer;
  sampled.prompt_tokens = {1, 2}, sampled.completion_tokens = {3, kEnd};  // by whatever tokenizer
  expect_read(model, chatml(), sampled, turns + "\n");
  const Trajectory plain{.prompt = {.text = "Who? "}, .completion = "The king.", .ended = true};
  expect_read(model, chatml(), plain, "Who? The king.<|im_end|>");
}

TEST(RewardModel, ReadsTheTokenBeforePaddingThatEndsTheText) {
  const std::shared_ptr<Decoder> model = random_reward_model();
  model->config().pad_token_id = kEnd;
  const ChatFormat ends_there = chatml(
      "{% for m in messages %}{{ '<|im_start|>' + m['role'] + ':' + m['content'] + '<|im_end|>' }}{% endfor "
      "%}"
      "{% if add_generation_prompt %}{{ '<|im_start|>assistant:' }}{% endif %}");
  const Trajectory answer{.prompt = asks("Who?"), .completion = "I", .ended = true};
  expect_read(model, ends_there, answer, "<|im_start|>user:Who?<|im_end|><|im_start|>assistant:I");
  expect_read(model, chatml(), answer,
              "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\nI<|im_end|>\n");
  expect_read(model, ends_there, {.prompt = {.text = "Who"}, .completion = "I", .ended = true}, "WhoI");
}

TEST(RewardModel, ReadsAnAnswerThatFillsTheContextToItsClosing) {
  const std::shared_ptr<const Decoder> model = random_reward_model();
  const std::string opening = "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n";
  const auto room =
      model->config().context() - std::ssize(chatml().tokenizer().encode_with_specials(opening));
  const std::string full(static_cast<std::size_t>(room), 'a');
  expect_read(model, chatml(), {.prompt = asks("Who?"), .completion = full}, opening + full + "<|im_end|>\n");
  RewardModel reward(model, chatml(), "helpful");
  std::vector<Trajectory> beyond = {{.prompt = asks("Who?"), .completion = full + std::string(40, 'a')}};
  reward.score(beyond);
  EXPECT_TRUE(std::isnan(beyond[0].score));
  ASSERT_EQ(beyond[0].components.size(), 1u);
  EXPECT_EQ(beyond[0].components[0].first, "helpful");
}

TEST(RewardModel, NanPassesThrough) {
  const std::shared_ptr<Decoder> model = random_reward_model();
  {
    const at::NoGradGuard no_gradients;
    model->parameters()["score.weight"].fill_(NAN);
  }
  const std::vector<std::vector<TokenId>> sequences = {{1, 2}};
  EXPECT_TRUE(std::isnan(sequence_scores(*model, sequences).at(0)));
}

TEST(RewardModel, RefusesWhatItCannotScore) {
  const auto model = random_reward_model();
  const auto scores = [&](std::vector<TokenId> sequence) {
    const std::vector<std::vector<TokenId>> sequences = {std::move(sequence)};
    return sequence_scores(*model, sequences);
  };
  EXPECT_THROW(scores({}), Error);
  EXPECT_THROW(scores({kVocabulary}), Error);
  const auto longest = static_cast<std::size_t>(model->config().context() + Decoder::kClosingRoom);
  EXPECT_THROW(scores(std::vector<TokenId>(longest + 1, 1)), Error);
  EXPECT_EQ(scores(std::vector<TokenId>(longest, 1)).size(), 1u);
  ModelConfig config = model->config();
  config.head = Head::language;
  EXPECT_THROW(RewardModel(std::make_shared<Decoder>(config, 1), chatml(), "lm"), Error);
}

TEST(RewardModel, IsNamedAfterItsRun) {
  const std::filesystem::path folder = testing::TempDir() + "reward_model_test/runs/helpful/final";
  std::filesystem::create_directories(folder);
  write_file(folder / "tokenizer.json",
             train_bpe({"the cat sat"}, {.vocab_size = 262, .special_tokens = {"<|endoftext|>"}}));
  ModelConfig config = tiny_config(262);
  save_model(*Decoder(config, 1).clone_with_scalar_head(), folder);
  EXPECT_EQ(RewardModel::load(folder)->name(), "helpful");
  EXPECT_EQ(RewardModel::load(folder, "other")->name(), "other");
}

}  // namespace
}  // namespace nudge
