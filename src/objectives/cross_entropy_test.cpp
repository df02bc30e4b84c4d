#include "objectives/cross_entropy.h"

#include "objectives/goldens_test.h"

namespace nudge {
namespace {

TEST(CrossEntropy, SumsAndCountsLikeTorch) {
  const auto logits = at::arange(15, at::kDouble).reshape({5, 3}).sin().requires_grad_();
  const auto targets = at::tensor({0, 2, 1, 1, 0}, at::kLong);
  const auto torch_loss = at::cross_entropy_loss(logits, targets, {}, at::Reduction::Sum);
  torch_loss.backward();
  const auto torch_gradient = logits.grad().clone();
  logits.mutable_grad().zero_();

  const auto logprobs = at::log_softmax(logits, 1).gather(1, targets.unsqueeze(1)).squeeze(1);
  const auto loss = cross_entropy(logprobs);
  loss.sum.backward();
  EXPECT_NEAR(loss.sum.item<double>(), torch_loss.item<double>(), 1e-12);
  EXPECT_EQ(loss.count, 5);
  EXPECT_TRUE(at::allclose(logits.grad(), torch_gradient, 1e-12, 1e-12));
}

TEST(CrossEntropy, NothingToLearnIsZeroOverZero) {
  const auto loss = cross_entropy(at::zeros(0).requires_grad_());
  EXPECT_EQ(loss.sum.item<float>(), 0);
  EXPECT_EQ(loss.count, 0);
}

}  // namespace
}  // namespace nudge
