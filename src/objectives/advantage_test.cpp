#include "objectives/advantage.h"

#include <algorithm>

#include "base/error.h"
#include "base/random.h"
#include "objectives/goldens_test.h"

namespace nudge {
namespace {

Ragged row(const std::vector<float>& numbers) {
  return Ragged::of(std::span(&numbers, 1));
}

TEST(Gae, MatchesFormulaAndTrl) {
  for (const auto& golden : goldens()["gae"]) {
    auto [advantages, returns] = gae(ragged(golden["rewards"]), ragged(golden["values"]),
                                     golden["gamma"].get<double>(), golden["lambda"].get<double>());
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
    const auto [all_advantages, all_returns] = gae(row(rewards), row(values), gamma, lambda);
    const auto advantages = all_advantages.row(0), returns = all_returns.row(0);
    for (std::size_t t = 0; t < length; ++t) {
      double advantage = 0;
      for (std::size_t s = t; s < length; ++s) {
        const double next = s + 1 < length ? values[s + 1] : 0.0;
        advantage += std::pow(gamma * lambda, s - t) * (rewards[s] + gamma * next - values[s]);
      }
      EXPECT_NEAR(advantages[t], advantage, 1e-5);
      EXPECT_NEAR(returns[t], advantage + values[t], 1e-5);
    }
  }
}

// With gamma = lambda = 1 the return of a token is the sum of the rewards from it on, whatever the values.
TEST(Gae, ReturnsAreRewardSumsWithoutDiscount) {
  const std::vector<float> rewards{1, -2, 4}, values{0.5F, 3, -7};
  EXPECT_TRUE(gae(row(rewards), row(values), 1, 1).returns.values_N().equal(at::tensor({3.0F, 2.0F, 4.0F})));
}

// Each completion under a lambda of its own is as under that lambda alone.
TEST(Gae, TakesALambdaForEachCompletion) {
  const Ragged rewards = Ragged::of(std::vector<std::vector<float>>{{1, -2, 4}, {0.5F, 3}}),
               values = Ragged::of(std::vector<std::vector<float>>{{0.5F, 3, -7}, {1, 2}});
  const auto both = gae(rewards, values, 0.9, std::vector<double>{0.3, 0.8});
  const auto first = gae(rewards, values, 0.9, 0.3), second = gae(rewards, values, 0.9, 0.8);
  EXPECT_TRUE(std::ranges::equal(both.advantages.row(0), first.advantages.row(0)));
  EXPECT_TRUE(std::ranges::equal(both.advantages.row(1), second.advantages.row(1)));
  EXPECT_TRUE(std::ranges::equal(both.returns.row(1), second.returns.row(1)));
}

TEST(Gae, TheLambdaOfALengthIsNoneForAShortOne) {
  EXPECT_EQ(length_adaptive_lambda(0, 0.05), 0);
  EXPECT_EQ(length_adaptive_lambda(20, 0.05), 0);
  EXPECT_NEAR(length_adaptive_lambda(400, 0.05), 0.95, 1e-12);
}

TEST(Gae, RefusesUnequalLengths) {
  const std::vector<float> rewards{1, 2}, values{1};
  EXPECT_THROW(gae(row(rewards), row(values), 1, 1), Error);
  EXPECT_THROW(gae(Ragged(), row(values), 1, 1), Error);
}

TEST(Whiten, MatchesTrl) {
  for (const auto& golden : goldens()["whiten"]) {
    auto values = ragged(golden["values"]);
    whiten(values, {.shift_mean = golden["shift_mean"]});
    expect_near(values, golden["whitened"], 2e-6);
  }
}

TEST(Whiten, OneEntryOrNone) {
  Ragged none, one = row({3});
  whiten(none);
  EXPECT_EQ(none.rows(), 0);
  whiten(one, {.shift_mean = false});
  EXPECT_EQ(one.row(0)[0], 3);
  whiten(one);
  EXPECT_EQ(one.row(0)[0], 0);
}

}  // namespace
}  // namespace nudge
