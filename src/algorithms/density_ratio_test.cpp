#include "algorithms/density_ratio.h"

#include <gtest/gtest.h>

#include "algorithms/small_world_test.h"
#include "base/error.h"

namespace nudge {
namespace {

// Liked answers to prompts of a, disliked ones to prompts of a and of z.
LabelledTokens answers(const SmallWorld& world) {
  std::vector<LabelledCompletion> labelled;
  for (int length = 1; length <= 6; ++length) {
    const auto number = static_cast<std::size_t>(length);
    labelled.push_back({{.text = std::string(number, 'a')}, "yes", true});
    labelled.push_back({{.text = std::string(number, 'a') + "z"}, "no", false});
    labelled.push_back({{.text = std::string(number, 'z')}, "no", false});
  }
  return labelled_tokens(labelled, world.format(), 32);
}

TEST(DensityWeights, CountMoreWherePromptsLookLikeThoseOfLikedAnswers) {
  const SmallWorld world("density_weights");
  const LabelledTokens data = answers(world);
  const std::int64_t all = std::ssize(data.examples);
  const std::vector<float> weights = density_weights(world.decoder(3), data, all, {}, 512, 7);
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
  const SmallWorld world("density_pure");
  const LabelledTokens data = answers(world);
  const auto weights = [&](std::int64_t budget, std::uint64_t seed) {
    return density_weights(world.decoder(3), data, 12, {.prompt_sample_size = 3}, budget, seed);
  };
  EXPECT_EQ(weights(512, 7), weights(1, 7));
  EXPECT_NE(weights(512, 7), weights(512, 8));  // another sample
}

TEST(DensityWeights, NeedBothSides) {
  const SmallWorld world("density_sides");
  EXPECT_THROW(density_weights(world.decoder(3), answers(world), 1, {}, 512, 7), Error);
}

}  // namespace
}  // namespace nudge
