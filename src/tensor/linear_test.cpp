#include "tensor/linear.h"

#include <gtest/gtest.h>

#include "tensor/aten.h"

namespace nudge {
namespace {

/// 11 outputs of 7 inputs, with adapters of rank 3 on rows 0 to 4 and of rank 2 on rows 6 to 10.
Linear adapted() {
  Linear linear{.weight_NK = at::randn({11, 7}), .bias_N = at::randn({11})};
  linear.adapters.push_back({at::randn({3, 7}), at::randn({5, 3}), 0, 0.5});
  linear.adapters.push_back({at::randn({2, 7}), at::randn({5, 2}), 6, 2.0});
  return linear;
}

std::vector<at::Tensor> learnt(const Linear& linear) {
  std::vector<at::Tensor> all{linear.bias_N};
  for (const LowRank& adapter : linear.adapters) {
    all.push_back(adapter.a_RK.numbers());
    all.push_back(adapter.b_NR.numbers());
  }
  return all;
}

/// The same from the formula, in double.
at::Tensor slowly(const Linear& linear, const at::Tensor& x) {
  auto weight = linear.weight_NK.numbers().to(at::kDouble);
  for (const LowRank& adapter : linear.adapters) {
    const auto a = adapter.a_RK.numbers().to(at::kDouble), b = adapter.b_NR.numbers().to(at::kDouble);
    const auto term = adapter.scale * at::matmul(b, a);
    const std::int64_t below = 11 - adapter.row - term.size(0);
    weight = weight +
             at::cat({at::zeros({adapter.row, 7}, at::kDouble), term, at::zeros({below, 7}, at::kDouble)});
  }
  return at::matmul(x.to(at::kDouble), weight.t()) + linear.bias_N.to(at::kDouble);
}

TEST(Linear, AddsItsBiasAndItsLowRankTerms) {
  const Linear linear = adapted();
  const auto x = at::randn({6, 7});
  EXPECT_TRUE(at::allclose(linear(x).to(at::kDouble), slowly(linear, x), 1e-5, 1e-5));
  Linear merged = linear;
  merged.weight_NK = linear.merged();
  merged.adapters.clear();
  EXPECT_TRUE(at::allclose(merged(x), linear(x), 1e-5, 1e-5));
}

TEST(Linear, GradientsAreThoseOfTheFormulaAndAFrozenWeightHasNone) {
  const Linear linear = adapted();
  const auto x = at::randn({6, 7}).requires_grad_(), direction = at::randn({6, 11});
  auto inputs = learnt(linear);
  for (const auto& input : inputs) input.requires_grad_(true);
  inputs.push_back(x);
  const auto gradients_of = [&](const at::Tensor& y) {
    for (const auto& input : inputs) input.mutable_grad() = at::Tensor();
    (y * direction).sum().backward();
    std::vector<at::Tensor> gradients;
    for (const auto& input : inputs) gradients.push_back(input.grad().clone());
    return gradients;
  };
  const auto expected = gradients_of(slowly(linear, x)), found = gradients_of(linear(x));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    EXPECT_TRUE(at::allclose(found[i], expected[i], 1e-4, 1e-4)) << i;
  EXPECT_FALSE(linear.weight_NK.numbers().grad().defined());
}

TEST(Linear, PanelsOfAFrozenWeightGiveTheSameBits) {
  const Linear linear = adapted();
  Linear frozen = linear;
  const at::Tensor memory = linear.weight_NK.numbers().clone();
  frozen.weight_NK = Weight::freeze(memory);
  EXPECT_TRUE(frozen.weight_NK.shares(memory)) << "they lie where the numbers lay";
  EXPECT_TRUE(at::equal(frozen.weight_NK.numbers(), linear.weight_NK.numbers()));
  EXPECT_TRUE(at::equal(frozen.merged(), linear.merged()));
  const auto x = at::randn({600, 7}).requires_grad_(), direction = at::randn({600, 11});
  std::vector<at::Tensor> results, gradients;
  for (const Linear& each : {linear, frozen}) {
    x.mutable_grad() = at::Tensor();
    results.push_back(each(x));
    (results.back() * direction).sum().backward();
    gradients.push_back(x.grad().clone());
  }
  EXPECT_TRUE(at::equal(results[0], results[1]));
  EXPECT_TRUE(at::equal(gradients[0], gradients[1]));
}

// The twin of a layer in bf16: a layer in fp32 with rounded numbers. Its gradients are products of rounded
// numbers too.
at::Tensor rounded(const at::Tensor& x) {
  return x.detach().to(at::kBFloat16).to(at::kDouble);
}

TEST(Linear, InBf16MultipliesRoundedNumbers) {
  const auto numbers = at::randn({40, 70}).requires_grad_(), x = at::randn({90, 70}).requires_grad_(),
             direction = at::randn({90, 40});
  const Linear learned{.weight_NK = Weight(numbers, Precision::bfloat16)};
  const auto y = learned(x);
  (y * direction).sum().backward();
  const auto near = [](const at::Tensor& found, const at::Tensor& expected) {
    return at::allclose(found.to(at::kDouble), expected, 1e-5, 1e-5);
  };
  EXPECT_TRUE(near(y, at::matmul(rounded(x), rounded(numbers).t())));
  EXPECT_TRUE(near(x.grad(), at::matmul(rounded(direction), rounded(numbers))));
  EXPECT_TRUE(near(numbers.grad(), at::matmul(rounded(direction).t(), rounded(x))));

  const Linear frozen{.weight_NK = Weight::freeze(numbers.detach().clone(), Precision::bfloat16)};
  EXPECT_EQ(frozen.weight_NK.sizes(), numbers.sizes());
  EXPECT_TRUE(at::equal(frozen.weight_NK.numbers().to(at::kDouble), rounded(numbers)));
  EXPECT_TRUE(at::equal(frozen(x), y)) << "the same panels";
  const auto gradient = x.grad().clone();
  x.mutable_grad() = at::Tensor();
  (frozen(x) * direction).sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), gradient));
}

TEST(Linear, InBf16FollowsWhatChangesItsNumbers) {
  const auto memory = at::randn({2, 30, 50}), numbers = memory[1].detach(), x = at::randn({4, 50});
  const Linear linear{.weight_NK = Weight(numbers, Precision::bfloat16)};
  const auto expected = [&] { return at::matmul(rounded(x), rounded(numbers).t()).to(at::kFloat); };
  const auto holds = [&] { return at::allclose(linear(x), expected(), 1e-5, 1e-5); };
  EXPECT_TRUE(holds());
  numbers.mul_(2);
  EXPECT_TRUE(holds());
  memory.add_(1);  // a parameter is a view of the buffer of all
  EXPECT_TRUE(holds());
  numbers.mutable_data_ptr<float>()[0] += 100;
  memory.unsafeGetTensorImpl()->bump_version();
  EXPECT_TRUE(holds());
}

}  // namespace
}  // namespace nudge
