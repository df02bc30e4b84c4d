#include "rollout/example_weights.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "model/tiny_config_test.h"

namespace nudge {
namespace {

// Liked answers to prompts of one token, disliked ones to prompts of this and of another.
LabelledTokens answers() {
  constexpr TokenId kLike = 1, kOther = 26, kYes = 10, kNo = 12;
  LabelledTokens data;
  const auto add = [&](std::vector<TokenId> prompt, TokenId answer, bool desirable) {
    data.examples.push_back({std::ssize(data.completions), desirable});
    data.completions.push_back({.prompt_tokens = std::move(prompt), .completion_tokens = {answer}});
  };
  for (std::size_t length = 1; length <= 6; ++length) {
    std::vector<TokenId> alike(length, kLike);
    add(alike, kYes, true);
    alike.push_back(kOther);
    add(alike, kNo, false);
    add(std::vector<TokenId>(length, kOther), kNo, false);
  }
  return data;
}

std::vector<float> weights_of(const LabelledTokens& data, std::int64_t learned,
                              const DensityRatioOptions& ratio = {}, std::int64_t budget = 512,
                              std::uint64_t seed = 7) {
  return density_weights(Decoder(tiny_config(), 3), data, learned, ratio, budget, seed);
}

TEST(DensityWeights, CountMoreWherePromptsLookLikeThoseOfLikedAnswers) {
  const LabelledTokens data = answers();
  const std::int64_t all = std::ssize(data.examples);
  const std::vector<float> weights = weights_of(data, all);
  ASSERT_EQ(std::ssize(weights), all);
  double alike = 0, unlike = 0;
  for (std::size_t i = 0; i < weights.size(); i += 3) {
    EXPECT_EQ(weights[i], 1);
    EXPECT_GE(weights[i + 1], 0.5);
    EXPECT_GE(weights[i + 2], 0.5);
    EXPECT_LE(weights[i + 1], 10);
    alike += weights[i + 1];
    unlike += weights[i + 2];
  }
  EXPECT_GT(alike, 1.2 * unlike);
}

TEST(DensityWeights, DependOnTheirArgumentsOnly) {
  const LabelledTokens data = answers();
  const auto weights = [&](std::int64_t budget, std::uint64_t seed) {
    return weights_of(data, 12, {.prompt_sample_size = 3}, budget, seed);
  };
  EXPECT_EQ(weights(512, 7), weights(1, 7));
  EXPECT_NE(weights(512, 7), weights(512, 8));  // another sample
}

TEST(DensityWeights, NeedBothSides) {
  EXPECT_THROW(weights_of(answers(), 1), Error);
}

TEST(DensityWeights, RefuseARangeTurnedRound) {
  EXPECT_THROW(check_options(DensityRatioOptions{.min_density_ratio = 3, .max_density_ratio = 2}),
               UsageError);
}

TEST(LabelWeights, AreOnesOwnForEachSide) {
  const LabelledTokens data = answers();
  testing::internal::CaptureStderr();
  const std::vector<float> weights =
      label_weights(data, std::ssize(data.examples), {.desirable_weight = 2, .undesirable_weight = 0.75});
  EXPECT_NE(testing::internal::GetCapturedStderr().find("weigh 1.33 to 1"), std::string::npos);
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_EQ(weights[i], data.examples[i].desirable ? 2 : 0.75F) << i;
}

TEST(LabelWeights, SayNothingWhereTheSidesBalance) {
  const LabelledTokens data = answers();
  testing::internal::CaptureStderr();
  label_weights(data, 3, {.undesirable_weight = 0.5});  // one liked, two disliked ones
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace nudge
