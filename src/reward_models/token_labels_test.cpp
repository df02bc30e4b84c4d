#include "reward_models/token_labels.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "data/byte_tokenizer_test.h"
#include "model/tiny_config_test.h"
#include "reward_models/reward_model.h"
#include "reward_models/step_reward.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

std::shared_ptr<Decoder> token_classifier() {
  ModelConfig config = tiny_config(260, 0.3);
  config.head = Head::scalar;
  config.labels_tokens = config.score_bias = true;
  config.reward_heads = {{"wrong"}, {"right"}, {"unclear"}};
  auto model = std::make_shared<Decoder>(config, 1);
  const at::NoGradGuard no_gradients;
  model->parameters()["score.weight"].copy_(at::linspace(-2, 1, 3 * 16).sin().view({3, 16}));
  model->parameters()["score.bias"].copy_(at::tensor({0.1f, 0.5f, -0.3f}));
  return model;
}

ChatFormat plain_format() {
  return ChatFormat(
      std::make_shared<ByteTokenizer>(std::vector<std::string>{"<|endoftext|>"}, "<|endoftext|>", ""));
}

Trajectory answered(const std::string& completion) {
  Trajectory answer;
  answer.prompt = {.id = "p", .text = "1 + 1?\n"};
  answer.completion = completion;
  answer.ended = true;
  return answer;
}

/// The share of each label at each token of a text, whole rows computed, [T, labels].
at::Tensor shares_of(const Decoder& model, const ChatFormat& format, const std::string& text) {
  const at::NoGradGuard no_gradients;
  const std::vector<std::vector<TokenId>> tokens = {format.tokenizer().encode_with_specials(text)};
  const at::Tensor weight = model.parameters()["score.weight"], bias = model.parameters()["score.bias"];
  return (at::mm(model.hidden(pack(tokens)), weight.t()) + bias).softmax(1);
}

TEST(TokenLabels, AreTheLikeliestAtEachTokenOfTheAnswer) {
  const auto model = token_classifier();
  const ChatFormat format = plain_format();
  const std::vector<Trajectory> answers = {answered("two.")};
  const auto labelled = labelled_tokens(*model, format, answers);
  const at::Tensor shares = shares_of(*model, format, "1 + 1?\ntwo.<|endoftext|>");
  ASSERT_EQ(labelled.at(0).size(), 5U);
  std::string text;
  for (std::size_t i = 0; i < 5; ++i) {
    const at::Tensor row = shares[static_cast<std::int64_t>(7 + i)];
    const auto best = row.argmax().item<std::int64_t>();
    EXPECT_EQ(labelled[0][i].label, model->config().reward_heads[best].name) << i;
    EXPECT_NEAR(labelled[0][i].probability, row[best].item<double>(), 1e-6) << i;
    text += labelled[0][i].text;
  }
  EXPECT_EQ(text, "two.<|endoftext|>");
  EXPECT_TRUE(labelled_tokens(*model, format, std::vector{answered(std::string(200, 'a'))})[0].empty());
}

// As TRL's PRMTrainer teaches it: at the end of the separator behind each step.
TEST(TokenLabels, OfStepsAreTheChanceOfALabel) {
  const auto model = token_classifier();
  const ChatFormat format = plain_format();
  const at::Tensor shares = shares_of(*model, format, "1 + 1?\nis\ntwo\n");
  for (const auto& [label, column] : {std::pair("right", 1), std::pair("", 2)}) {
    StepReward reward(model, format, "steps", {.combine = "min", .label = label});
    std::vector<Trajectory> answers = {answered("is\ntwo")};
    reward.score(answers);
    const double first = shares[9][column].item<double>(), second = shares[13][column].item<double>();
    EXPECT_NEAR(answers[0].score, std::min(first, second), 1e-6) << label;
  }
  EXPECT_THROW(StepReward(model, format, "steps", {.label = "good"}), UsageError);
}

TEST(TokenLabels, AreNoScoresOfAnswers) {
  EXPECT_THROW(RewardModel(token_classifier(), plain_format(), "labels"), Error);
  const Decoder language(tiny_config(260), 1);
  EXPECT_THROW(labelled_tokens(language, plain_format(), std::vector<Trajectory>{}), Error);
}

}  // namespace
}  // namespace nudge
