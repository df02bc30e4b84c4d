#include "objectives/ppo_objective.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "objectives/goldens_test.h"

namespace nudge {
namespace {

PpoTokens tokens(const at::Tensor& logprobs_N, const at::Tensor& old_logprobs_N,
                 const at::Tensor& advantages_N) {
  return {.logprobs_N = logprobs_N,
          .entropies_N = at::ones_like(logprobs_N),
          .old_logprobs_N = old_logprobs_N,
          .advantages_N = advantages_N};
}

PpoObjectiveOptions clipped_at(double epsilon) {
  return {.surrogate = {.epsilon = epsilon}};
}

std::map<std::string, double> named(const LossSum& loss) {
  const Metrics values = loss.metrics.values();
  return {values.begin(), values.end()};
}

TEST(PolicyLoss, MatchesFormulaAndTrl) {
  for (const auto& golden : goldens()["ppo_losses"]) {
    const auto logprobs = leaf(golden["logprobs"]);
    const auto loss =
        ppo_policy_loss(tokens(logprobs, constant(golden["old_logprobs"]), constant(golden["advantages"])),
                        clipped_at(golden["cliprange"]));
    loss.sum.backward();
    EXPECT_NEAR(loss.sum.item<double>(), golden["policy_sum"], 1e-12);
    EXPECT_EQ(loss.count, logprobs.numel());
    expect_near(logprobs.grad(), golden["policy_gradient"], 1e-12);
    auto means = named(loss);
    EXPECT_NEAR(means["policy/clipfrac_avg"], golden["policy_clipfrac"], 1e-12);
    EXPECT_NEAR(means["policy/approxkl_avg"], golden["approxkl"], 1e-12);
    EXPECT_NEAR(means["val/ratio"], golden["ratio"], 1e-12);
    EXPECT_NEAR(
        means["val/ratio_var"],
        golden["ratio_squared"].get<double>() - golden["ratio"].get<double>() * golden["ratio"].get<double>(),
        1e-12);
    EXPECT_NEAR(means["loss/policy_avg"], loss.sum.item<double>() / loss.count, 1e-12);
  }
}

// Beyond the clip range, in the direction in which the advantage pulls, nothing is left to gain.
TEST(PolicyLoss, NoGradientWhereTheClipDecides) {
  const auto old_logprobs = at::zeros(4, at::kDouble);
  const auto logprobs = at::tensor({0.3, 0.3, -0.3, -0.3}, at::kDouble).requires_grad_();
  const auto advantages = at::tensor({1.0, -1.0, 1.0, -1.0}, at::kDouble);
  const auto loss = ppo_policy_loss(tokens(logprobs, old_logprobs, advantages), clipped_at(0.2));
  loss.sum.backward();
  const auto gradient = logprobs.grad();
  EXPECT_EQ(gradient[0].item<double>(), 0);
  EXPECT_NEAR(gradient[1].item<double>(), std::exp(0.3), 1e-12);
  EXPECT_NEAR(gradient[2].item<double>(), -std::exp(-0.3), 1e-12);
  EXPECT_EQ(gradient[3].item<double>(), 0);
}

TEST(ValueLoss, MatchesFormulaAndTrl) {
  for (const auto& golden : goldens()["ppo_losses"]) {
    const auto values = leaf(golden["values"]);
    const auto loss = ppo_value_loss(values, constant(golden["old_values"]), constant(golden["returns"]),
                                     {.cliprange_value = golden["cliprange_value"]});
    loss.sum.backward();
    EXPECT_NEAR(loss.sum.item<double>(), golden["value_sum"], 1e-12);
    EXPECT_EQ(loss.count, values.numel());
    expect_near(values.grad(), golden["value_gradient"], 1e-12);
    EXPECT_NEAR(named(loss)["val/clipfrac_avg"], golden["value_clipfrac"], 1e-12);
    EXPECT_NEAR(named(loss)["loss/value_avg"], loss.sum.item<double>() / loss.count, 1e-12);
  }
}

// The same tokens cut into micro-batches: the sums, the counts and the gradient add up to the whole's.
TEST(PolicyLoss, CutsAddUpToTheWhole) {
  const auto& golden = goldens()["ppo_losses"][0];
  const auto old_logprobs = constant(golden["old_logprobs"]), advantages = constant(golden["advantages"]);
  const auto whole = leaf(golden["logprobs"]), cut = leaf(golden["logprobs"]);
  const auto all = ppo_policy_loss(tokens(whole, old_logprobs, advantages), clipped_at(0.2));
  all.sum.backward();

  double sum = 0, count = 0;
  MetricSums metrics;
  for (std::int64_t begin = 0, size = 1; begin < cut.numel(); begin += size, ++size) {
    const auto part = [&](const at::Tensor& x) { return x.slice(0, begin, begin + size); };
    const auto loss =
        ppo_policy_loss(tokens(part(cut), part(old_logprobs), part(advantages)), clipped_at(0.2));
    loss.sum.backward();
    sum += loss.sum.item<double>();
    count += loss.count;
    metrics.merge(loss.metrics);
  }
  EXPECT_NEAR(sum, all.sum.item<double>(), 1e-12);
  EXPECT_EQ(count, all.count);
  EXPECT_TRUE(at::allclose(cut.grad(), whole.grad(), 1e-12, 1e-12));
  const Metrics expected = all.metrics.values(), added = metrics.values();
  ASSERT_TRUE(std::ranges::equal(expected, added, [](const auto& a, const auto& b) {
    return a.first == b.first && std::abs(a.second - b.second) < 1e-12;
  }));
}

TEST(PolicyLoss, TheEntropyBonusIsNoPartOfTheLossThatIsLogged) {
  const auto zeros = at::zeros(4, at::kDouble);
  const LossSum loss = ppo_policy_loss(tokens(zeros, zeros, zeros), {.entropy_coef = 0.5});
  EXPECT_DOUBLE_EQ(loss.sum.item<double>(), -0.5 * 4);
  EXPECT_EQ(named(loss)["loss/policy_avg"], 0);
  EXPECT_EQ(named(loss)["policy/entropy_avg"], 1);
}

TEST(PpoTargets, ARowWithOneMoreValueHasItsScoreAfterTheEnd) {
  const Ragged none = Ragged::of(std::vector<std::vector<float>>{{0, 0}, {0}});
  const PpoMeasurements measured{.logprobs = none,
                                 .reference_logprobs = none,
                                 .values = Ragged::of(std::vector<std::vector<float>>{{0, 0, 0}, {0}}),
                                 .scores_B = {1, 2}};
  const PpoTargets targets =
      ppo_targets(measured, 0.1, {.gamma = 0.5, .lambda = 1, .whiten_advantages = false});
  EXPECT_EQ(targets.rewards, Ragged::of(std::vector<std::vector<float>>{{0, 0, 1}, {2}}));
  EXPECT_EQ(targets.returns, Ragged::of(std::vector<std::vector<float>>{{0.25, 0.5, 1}, {2}}));
  EXPECT_EQ(targets.advantages, Ragged::of(std::vector<std::vector<float>>{{0.25, 0.5}, {2}}));
}

TEST(ExplainedVariance, IsOneOfPerfectValuesAndNoneOfAConstant) {
  const Ragged returns = Ragged::of(std::vector<std::vector<float>>{{1, 2}, {6}});
  EXPECT_DOUBLE_EQ(explained_variance(returns, returns), 1);
  EXPECT_NEAR(explained_variance(Ragged::of(std::vector<std::vector<float>>{{3, 3}, {3}}), returns), 0,
              1e-12);
}

TEST(PolicyLoss, RefusesMisalignedInputs) {
  EXPECT_THROW(ppo_policy_loss(tokens(at::zeros(3), at::zeros(2), at::zeros(3)), {}), Error);
  EXPECT_THROW(ppo_value_loss(at::zeros(3), at::zeros(3), at::zeros(2), {}), Error);
}

}  // namespace
}  // namespace nudge
