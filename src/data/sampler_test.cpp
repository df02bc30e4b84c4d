#include "data/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

TEST(EpochSampler, VisitsEveryExampleOnceAnEpoch) {
  const EpochSampler sampler(7, 3, 42);
  std::vector<std::int64_t> seen;
  for (std::int64_t step = 0; step < 7; ++step)
    for (std::int64_t i : sampler.batch_at(step)) seen.push_back(i);
  ASSERT_EQ(seen.size(), 21u);
  std::vector<std::vector<std::int64_t>> epochs;
  for (std::size_t epoch = 0; epoch < 3; ++epoch) {
    epochs.emplace_back(seen.begin() + static_cast<long>(7 * epoch),
                        seen.begin() + static_cast<long>(7 * epoch + 7));
    auto sorted = epochs.back();
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6}));
  }
  EXPECT_FALSE(epochs[0] == epochs[1] && epochs[1] == epochs[2]);
}

TEST(EpochSampler, IsAFunctionOfTheStep) {
  const EpochSampler forward(100, 8, 1), other_seed(100, 8, 2);
  const auto late = forward.batch_at(40);
  forward.batch_at(0);
  EXPECT_EQ(forward.batch_at(40), late);
  EXPECT_EQ(EpochSampler(100, 8, 1).batch_at(40), late);
  EXPECT_NE(other_seed.batch_at(40), late);
}

TEST(EpochSampler, CountsSteps) {
  const EpochSampler sampler(10, 4, 0);
  EXPECT_EQ(sampler.steps(1), 3);
  EXPECT_EQ(sampler.steps(2), 5);
  EXPECT_EQ(sampler.steps(0.4), 1);
  EXPECT_EQ(sampler.steps(0), 1);
  EXPECT_EQ(EpochSampler(3, 64, 0).batch_at(0).size(), 64u);
  EXPECT_THROW(EpochSampler(4, 0, 0), Error);
}

TEST(EpochSampler, NamesTheCauseWhereNothingIsLeft) {
  try {
    EpochSampler(0, 4, 0);
    FAIL() << "there is nothing to visit";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("--max_length"), std::string::npos) << error.what();
  }
}

TEST(EpochSampler, EpochsDecideTheStepsOfATrainingUnlessStepsAreGiven) {
  const EpochSampler sampler(10, 4, 0);
  EXPECT_EQ(sampler.steps_of_training(2), 5);
  EXPECT_EQ(sampler.steps_of_training(2, -1), 5);  // TRL's way to leave it to the epochs
  EXPECT_EQ(sampler.steps_of_training(2, 7), 7);
}

}  // namespace
}  // namespace nudge
