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
    all.push_back(adapter.a_RK);
    all.push_back(adapter.b_NR);
  }
  return all;
}

/// The same from the formula, in double.
at::Tensor slowly(const Linear& linear, const at::Tensor& x) {
  auto weight = linear.weight_NK.numbers().to(at::kDouble);
  for (const LowRank& adapter : linear.adapters) {
    const auto term = adapter.scale * at::matmul(adapter.b_NR.to(at::kDouble), adapter.a_RK.to(at::kDouble));
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

}  // namespace
}  // namespace nudge
