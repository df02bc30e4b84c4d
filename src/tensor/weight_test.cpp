#include "tensor/weight.h"

#include <gtest/gtest.h>

#include "tensor/aten.h"
#include "tensor/mean_row.h"
#include "tensor/ops.h"
#include "tensor/vocabulary_kl.h"

namespace nudge {
namespace {

/// The value and the gradient of x, of an operation on the weight as numbers and in panels: the rows fill no
/// whole vector.
template <class Operation>
void expect_the_same_bits(const Operation& operation) {
  const at::Tensor numbers = at::randn({9001, 12});
  const Weight learnt(numbers), frozen = Weight::freeze(numbers.clone());
  ASSERT_TRUE(frozen.in_panels());
  std::vector<at::Tensor> values, gradients;
  const at::Tensor x = at::randn({70, 12}).requires_grad_();
  for (const Weight& weight : {learnt, frozen}) {
    x.mutable_grad() = at::Tensor();
    values.push_back(operation(x, weight));
    values.back().square().sum().backward();
    gradients.push_back(x.grad().clone());
  }
  EXPECT_TRUE(at::equal(values[0], values[1]));
  EXPECT_TRUE(at::equal(gradients[0], gradients[1]));
}

TEST(Weight, InPanelsGivesTheSameLogprobs) {
  const auto targets = at::randint(9001, {70}, at::kInt);
  expect_the_same_bits([&](const at::Tensor& x, const Weight& weight) {
    const auto out = token_logprobs(x, weight, targets, 0.7, true, {.soft_cap = 5});
    return at::stack({out.logprobs_N, out.entropies_N});
  });
}

TEST(Weight, InPanelsIsMultipliedAndLookedUpAlike) {
  const auto tokens = at::randint(9001, {70}, at::kInt);
  expect_the_same_bits([&](const at::Tensor& x, const Weight& weight) {
    return at::cat({linear(x, weight), x + embedding(tokens, weight), x + mean_row(weight)}, 1);
  });
}

TEST(Weight, InPanelsGivesTheSameKl) {
  const at::Tensor numbers = at::randn({203, 12}), other = at::randn({203, 12});
  const HeadInput reference{at::randn({70, 12}), Weight::freeze(other.clone())},
      plain{reference.hidden_ND, other};
  const at::Tensor x = at::randn({70, 12}).requires_grad_();
  const auto slowly = vocabulary_kl({x, numbers}, plain, 0.7);
  slowly.sum().backward();
  const at::Tensor gradient = x.grad().clone();
  x.mutable_grad() = at::Tensor();
  const auto kl = vocabulary_kl({x, Weight::freeze(numbers.clone())}, reference, 0.7);
  kl.sum().backward();
  EXPECT_TRUE(at::allclose(kl, slowly, 1e-4, 1e-4));
  EXPECT_TRUE(at::allclose(x.grad(), gradient, 1e-3, 1e-3));
}

TEST(Weight, AFrozenVectorStaysAsItIs) {
  const Weight weight = Weight::freeze(at::arange(5, at::kFloat));
  EXPECT_FALSE(weight.in_panels());
  EXPECT_EQ(weight.number(3), 3);
  EXPECT_TRUE(at::equal(weight.numbers(), at::arange(5, at::kFloat)));
}

}  // namespace
}  // namespace nudge
