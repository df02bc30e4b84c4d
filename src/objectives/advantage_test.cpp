#include "objectives/advantage.h"

#include "base/error.h"
#include "base/random.h"
#include "objectives/goldens_test.h"

namespace nudge {
namespace {

TEST(Gae, MatchesFormulaAndTrl) {
  for (const auto& golden : goldens()["gae"]) {
    std::vector<std::vector<float>> advantages, returns;
    const auto rewards = ragged(golden["rewards"]), values = ragged(golden["values"]);
    for (std::size_t i = 0; i < rewards.size(); ++i) {
      auto estimate = gae(rewards[i], values[i], golden["gamma"], golden["lambda"]);
      advantages.push_back(std::move(estimate.advantages));
      returns.push_back(std::move(estimate.returns));
    }
    expect_near(advantages, golden["advantages"], 1e-6);
    expect_near(returns, golden["returns"], 1e-6);
    whiten(advantages);
    expect_near(advantages, golden["whitened_advantages"], 1e-6);
  }
}

// Equation 16 read literally: A_t = sum over s >= t of (gamma lambda)^(s - t) delta_s.
TEST(Gae, EqualsDoubleLoop) {
  Stream random(1, "gae test");
  const double gamma = 0.99, lambda = 0.95;
  for (std::size_t length = 0; length < 40; ++length) {
    std::vector<float> rewards(length), values(length);
    for (auto& x : rewards) x = static_cast<float>(random.normal());
    for (auto& x : values) x = static_cast<float>(random.normal());
    const auto estimate = gae(rewards, values, gamma, lambda);
    for (std::size_t t = 0; t < length; ++t) {
      double advantage = 0;
      for (std::size_t s = t; s < length; ++s) {
        const double next = s + 1 < length ? values[s + 1] : 0.0;
        advantage += std::pow(gamma * lambda, s - t) * (rewards[s] + gamma * next - values[s]);
      }
      EXPECT_NEAR(estimate.advantages[t], advantage, 1e-5);
      EXPECT_NEAR(estimate.returns[t], advantage + values[t], 1e-5);
    }
  }
}

// With gamma = lambda = 1 the return of a token is the sum of the rewards from it on, whatever the values.
TEST(Gae, ReturnsAreRewardSumsWithoutDiscount) {
  const std::vector<float> rewards{1, -2, 4}, values{0.5F, 3, -7};
  EXPECT_EQ(gae(rewards, values, 1, 1).returns, (std::vector<float>{3, 2, 4}));
}

TEST(Gae, RefusesUnequalLengths) {
  const std::vector<float> rewards{1, 2}, values{1};
  EXPECT_THROW(gae(rewards, values, 1, 1), Error);
}

TEST(Whiten, MatchesTrl) {
  for (const auto& golden : goldens()["whiten"]) {
    auto values = ragged(golden["values"]);
    whiten(values, {.shift_mean = golden["shift_mean"]});
    expect_near(values, golden["whitened"], 2e-6);
  }
}

TEST(Whiten, OneEntryOrNone) {
  std::vector<std::vector<float>> none, one{{3}};
  whiten(none);
  EXPECT_TRUE(none.empty());
  whiten(one, {.shift_mean = false});
  EXPECT_EQ(one[0][0], 3);
  whiten(one);
  EXPECT_EQ(one[0][0], 0);
}

}  // namespace
}  // namespace nudge
