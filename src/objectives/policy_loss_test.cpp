#include "objectives/policy_loss.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "objectives/goldens_test.h"

namespace nudge {
namespace {

// All tokens as one completion: at the level of tokens it makes no difference.
Completions one(const at::Tensor& tokens_N) {
  return Completions(std::vector<std::int64_t>{tokens_N.numel()});
}

std::map<std::string, double> named(const LossSum& loss) {
  const Metrics values = loss.metrics.values();
  return {values.begin(), values.end()};
}

TEST(PolicyLoss, MatchesFormulaAndTrl) {
  for (const auto& golden : goldens()["ppo_losses"]) {
    const auto logprobs = leaf(golden["logprobs"]);
    const auto loss =
        clipped_policy_loss(logprobs, constant(golden["old_logprobs"]), constant(golden["advantages"]),
                            one(logprobs), {.epsilon = golden["cliprange"]});
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
  const auto loss = clipped_policy_loss(logprobs, old_logprobs, advantages, one(logprobs), {.epsilon = 0.2});
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
    const auto loss = clipped_value_loss(values, constant(golden["old_values"]), constant(golden["returns"]),
                                         golden["cliprange_value"]);
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
  const auto all = clipped_policy_loss(whole, old_logprobs, advantages, one(whole), {.epsilon = 0.2});
  all.sum.backward();

  double sum = 0, count = 0;
  MetricSums metrics;
  for (std::int64_t begin = 0, size = 1; begin < cut.numel(); begin += size, ++size) {
    const auto part = [&](const at::Tensor& x) { return x.slice(0, begin, begin + size); };
    const auto loss = clipped_policy_loss(part(cut), part(old_logprobs), part(advantages), one(part(cut)),
                                          {.epsilon = 0.2});
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

TEST(PolicyLoss, RefusesMisalignedInputs) {
  EXPECT_THROW(clipped_policy_loss(at::zeros(3), at::zeros(2), at::zeros(3), one(at::zeros(3)), {}), Error);
  EXPECT_THROW(clipped_value_loss(at::zeros(3), at::zeros(3), at::zeros(2), 0.2), Error);
}

}  // namespace
}  // namespace nudge
