#include "reward_models/place_scores.h"

#include <gtest/gtest.h>

#include "model/tiny_config_test.h"
#include "reward_models/reward_model.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

std::unique_ptr<Decoder> reward_model() {
  return Decoder(tiny_config(32, 0.3), 1).clone_with_scalar_heads({"first", "second"}, 2);
}

// Answers to one prompt, one of them empty, with places in the prompt too; and one answer to another.
std::vector<RewardExample> examples() {
  return {{.prompt = {1, 2, 3},
           .sequences = {{1, 2, 3, 4}, {1, 2, 3, 5, 6, 7}, {1, 2, 3}, {1, 2, 3, 4, 9}},
           .places = {{0, 3}, {1, 4}, {1, 5}, {2, 2}, {3, 4}, {3, 1}}},
          {.prompt = {1, 2}, .sequences = {{1, 2, 3, 8}}, .places = {{0, 3}}}};
}

// The same, each sequence an example of its own without a prompt.
std::vector<RewardExample> one_by_one(const std::vector<RewardExample>& examples) {
  std::vector<RewardExample> result;
  for (const RewardExample& example : examples) {
    for (std::int64_t s = 0; s < std::ssize(example.sequences); ++s) {
      RewardExample& one = result.emplace_back(RewardExample{.sequences = {example.sequences[s]}});
      for (const auto& [sequence, token] : example.places)
        if (sequence == s) one.places.push_back({0, token});
    }
  }
  return result;
}

std::vector<const RewardExample*> pointers(const std::vector<RewardExample>& examples) {
  std::vector<const RewardExample*> result;
  for (const RewardExample& example : examples) result.push_back(&example);
  return result;
}

TEST(PlaceScores, OfASharedPromptAreThoseOfWholeSequencesAndSoAreTheGradients) {
  const auto model = reward_model();
  const auto shared = examples(), whole = one_by_one(shared);
  at::Tensor& gradients = model->parameters().gradients();
  const auto scored = [&](const std::vector<RewardExample>& all) {
    model->parameters().zero_gradients();
    const at::Tensor scores_NH = place_scores(*model, pointers(all));
    (scores_NH * at::arange(1, scores_NH.numel() + 1).view_as(scores_NH)).sum().backward();
    return std::pair(scores_NH.detach(), gradients.clone());
  };
  const auto [scores, slopes] = scored(shared);
  const auto [expected_scores, expected_slopes] = scored(whole);
  EXPECT_TRUE(scores.equal(expected_scores));
  EXPECT_LT(((slopes - expected_slopes).norm() / expected_slopes.norm()).item<double>(), 1e-6);
}

TEST(PlaceScores, OfAllExamplesDoNotDependOnTheBudget) {
  const auto model = reward_model();
  EXPECT_EQ(all_place_scores(*model, examples(), 5), all_place_scores(*model, examples(), 1000));
}

TEST(HeadScores, OfAnswersToOnePromptAreThoseOfEachAlone) {
  const auto model = reward_model();
  const std::vector<TokenId> prompt = {1, 2, 3};
  const std::vector<std::vector<TokenId>> answers = {{4, 5}, {}, {4, 6, 7}};
  std::vector<PromptedSequence> together;
  for (const auto& answer : answers) together.push_back({prompt, answer});
  const auto scores = head_scores(*model, together);
  for (std::size_t i = 0; i < answers.size(); ++i)
    EXPECT_EQ(head_scores(*model, std::span(&together[i], 1))[0], scores[i]);
}

}  // namespace
}  // namespace nudge
