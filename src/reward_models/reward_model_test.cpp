#include "reward_models/reward_model.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "model/checkpoint.h"
#include "model/tiny_config_test.h"
#include "text/bpe_trainer.h"

namespace nudge {
namespace {

constexpr TokenId kVocabulary = 50;

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
      if (name == "score.weight") weight.copy_(several->head_weight().slice(0, h, h + 1));
    const auto scores = sequence_scores(*alone, sequences);
    for (std::size_t i = 0; i < sequences.size(); ++i) EXPECT_NEAR(both[i][h], scores[i], 1e-5);
  }
  EXPECT_THROW(sequence_scores(*several, sequences), Error);
  EXPECT_THROW(RewardModel(one->clone_with_scalar_heads({"first", "second"}, 4), "two"), Error);
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
    const double raw = at::matmul(hidden[hidden.size(0) - 1], model->head_weight()[0]).item<double>();
    EXPECT_NEAR(scores[i], (raw - 0.5) / 2, 1e-4);
  }
  EXPECT_GT(std::abs(scores[0] - scores[1]), 1e-3);
}

TEST(RewardModel, ScoresPromptAndCompletion) {
  const std::shared_ptr<const Decoder> model = random_reward_model();
  RewardModel reward(model, "helpful");
  std::vector<Trajectory> trajectories(2);
  trajectories[0].prompt_tokens = {1, 2, 3};
  trajectories[0].completion_tokens = {4, 5};
  trajectories[1].prompt_tokens = {1, 2};
  trajectories[1].completion_tokens = {7};
  reward.score(trajectories);
  const std::vector<std::vector<TokenId>> sequences = {{1, 2, 3, 4, 5}, {1, 2, 7}};
  const std::vector<double> expected = sequence_scores(*model, sequences);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(trajectories[i].score, expected[i], 1e-6);
    ASSERT_EQ(trajectories[i].components.size(), 1u);
    EXPECT_EQ(trajectories[i].components[0].first, "helpful");
    EXPECT_EQ(trajectories[i].components[0].second, trajectories[i].score);
  }
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
  const auto longest = static_cast<std::size_t>(model->config().max_position_embeddings);
  EXPECT_THROW(scores(std::vector<TokenId>(longest + 1, 1)), Error);
  EXPECT_EQ(scores(std::vector<TokenId>(longest, 1)).size(), 1u);
  ModelConfig config = model->config();
  config.head = Head::language;
  EXPECT_THROW(RewardModel(std::make_shared<Decoder>(config, 1), "lm"), Error);
}

std::shared_ptr<const Tokenizer> small_tokenizer(const std::string& text) {
  const std::filesystem::path file = testing::TempDir() + "reward_model_test/tokenizer/tokenizer.json";
  write_file(file, train_bpe({text}, {.vocab_size = 262, .special_tokens = {"<|endoftext|>"}}));
  return Tokenizer::load(file);
}

// A model directory whose tokenizer is `tokenizer`.
std::filesystem::path saved_model(const Tokenizer& tokenizer) {
  const std::filesystem::path folder = testing::TempDir() + "reward_model_test/runs/helpful/final";
  ModelConfig config = random_reward_model()->config();
  config.vocab_size = tokenizer.vocab_size();
  config.head = Head::language;
  std::filesystem::create_directories(folder);
  save_model(*Decoder(config, 1).clone_with_scalar_head(), folder);
  tokenizer.save(folder);
  return folder;
}

Trajectory answered(const Tokenizer& tokenizer, const std::string& prompt, const std::string& completion) {
  Trajectory trajectory{.prompt = {.text = prompt}, .completion = completion, .ended = true};
  trajectory.prompt_tokens = tokenizer.encode(prompt);
  trajectory.completion_tokens = tokenizer.encode(completion);
  return trajectory;
}

TEST(RewardModel, ReadsTheTokensOfAPolicyWithItsOwnTokenizer) {
  const auto tokenizer = small_tokenizer("the cat sat on the mat, the cat sat");
  const auto loaded = RewardModel::load(saved_model(*tokenizer), *tokenizer);
  EXPECT_EQ(loaded->name(), "helpful");
  EXPECT_FALSE(loaded->reencodes());
  EXPECT_EQ(RewardModel::load(saved_model(*tokenizer), *tokenizer, "other")->name(), "other");
}

TEST(RewardModel, EncodesAnewWhatAnotherTokenizerWrote) {
  const auto own =
      small_tokenizer("the cat sat on the mat, the cat sat")
          ->with_chat(
              "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
              "{% if add_generation_prompt %}assistant: {% endif %}",
              "<|endoftext|>");
  const auto policys = small_tokenizer("abababababab cdcdcdcdcd efefefefef");
  const auto reward = RewardModel::load(saved_model(*own), *policys);
  EXPECT_TRUE(reward->reencodes());

  std::vector<Trajectory> trajectories = {answered(*policys, "the cat", " sat"),
                                          answered(*policys, "", " on the mat")};
  trajectories[1].prompt = {.messages = {{"user", "where?"}}};
  trajectories[1].ended = false;
  trajectories.push_back(answered(*policys, "the", std::string(500, 'q')));  // beyond the model's context
  reward->score(trajectories);

  std::vector<std::vector<TokenId>> expected = {own->encode("the cat"),
                                                own->encode_with_specials("user: where?\nassistant: ")};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto completion = own->encode(trajectories[i].completion);
    expected[i].insert(expected[i].end(), completion.begin(), completion.end());
    if (trajectories[i].ended) expected[i].push_back(*own->eos());
  }
  const auto scores = sequence_scores(reward->model(), expected);
  EXPECT_NEAR(trajectories[0].score, scores[0], 1e-6);
  EXPECT_NEAR(trajectories[1].score, scores[1], 1e-6);
  EXPECT_TRUE(std::isnan(trajectories[2].score));
}

}  // namespace
}  // namespace nudge
