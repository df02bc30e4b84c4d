#include "algorithms/best_of_n.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "algorithms/small_world_test.h"

namespace nudge {
namespace {

double first_token(const Trajectory& trajectory) {
  return trajectory.completion_tokens.front();
}

struct Picked {
  explicit Picked(const std::string& name, const std::function<double(const Trajectory&)>& score)
      : world(name), prompts(SmallWorld::prompts(6)), reward("first token", score) {}

  BestOfNResult run() {
    return best_of_n(world.decoder(1), world.format(), prompts, reward, reward,
                     {.n = {1, 2, 8}, .temperature = 1, .max_new_tokens = 4});
  }

  SmallWorld world;
  std::vector<Prompt> prompts;
  FunctionReward reward;
};

TEST(BestOfN, MoreAnswersToPickFromAreBetter) {
  const BestOfNResult result = Picked("best_of_n", first_token).run();
  ASSERT_EQ(result.curve.size(), 3U);
  EXPECT_LT(result.curve[0].proxy.value, result.curve[1].proxy.value);
  EXPECT_LT(result.curve[1].proxy.value, result.curve[2].proxy.value);
  EXPECT_EQ(result.curve[2].gold.value, result.curve[2].proxy.value);
  ASSERT_EQ(result.best.size(), 6U);
  for (std::size_t i = 0; i < result.best.size(); ++i) EXPECT_GE(result.best[i].score, result.worst[i].score);
}

TEST(BestOfN, AnswersThatCannotBeScoredAreNotPicked) {
  const auto even = [](const Trajectory& trajectory) {
    return trajectory.completion_tokens.front() % 2 == 0 ? first_token(trajectory) : std::nan("");
  };
  const BestOfNResult result = Picked("best_of_n_nan", even).run();
  ASSERT_EQ(result.curve.size(), 2U);  // no prompt has eight answers that could be scored
  EXPECT_LT(result.curve[0].proxy.value, result.curve[1].proxy.value);
  for (const Trajectory& best : result.best) EXPECT_FALSE(std::isnan(best.score));
}

TEST(BestOfN, APairSaysWhichAnswerWasCutOff) {
  BestOfNResult result;
  result.best = {{.prompt = {.id = "p", .text = "p"}, .completion = "good", .ended = true, .score = 2}};
  result.worst = {
      {.prompt = {.id = "p", .text = "p"}, .completion = "bad and lo", .ended = false, .score = 1}};
  const Json extra = best_worst_pairs(result, "judge").at(0).extra;
  EXPECT_FALSE(extra.contains("chosen_ended"));
  EXPECT_EQ(extra.value("rejected_ended", true), false);
}

}  // namespace
}  // namespace nudge
