#include "tensor/vocabulary_kl.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

at::Tensor random(std::int64_t rows, std::int64_t columns, double phase) {
  return (at::arange(rows * columns, at::kDouble) * 0.7 + phase).sin().reshape({rows, columns});
}

// The same with all logits at once and autograd's own gradient. 9000 tokens make several chunks.
TEST(VocabularyKl, MatchesTheWholeSoftmaxInValueAndGradient) {
  for (const std::int64_t v : {7, 9000}) {
    for (const LogitCurve& curve : {LogitCurve{}, LogitCurve{.scale = 0.5}, LogitCurve{1.5, 2}}) {
      const auto hidden = random(250, 5, 0).requires_grad_(), weight = random(v, 5, 1).requires_grad_();
      const HeadInput reference{random(250, 3, 2), random(v, 3, 3), {1, 3}};
      const auto upstream = random(250, 1, 4).flatten();
      const auto kl = vocabulary_kl({hidden, weight, curve}, reference, 0.7);
      (kl * upstream).sum().backward();

      const auto hidden2 = hidden.detach().clone().requires_grad_(),
                 weight2 = weight.detach().clone().requires_grad_();
      const auto log_p = (curve(hidden2.matmul(weight2.t())) / 0.7).log_softmax(1);
      const auto products = reference.hidden_ND.matmul(reference.weight_VD.numbers().t());
      const auto log_q = ((products / 3).tanh() * 3 / 0.7).log_softmax(1);
      const auto expected = (log_p.exp() * (log_p - log_q)).sum(1);
      (expected * upstream).sum().backward();
      EXPECT_TRUE(at::allclose(kl, expected, 1e-10, 1e-12));
      EXPECT_TRUE(at::allclose(hidden.grad(), hidden2.grad(), 1e-9, 1e-11));
      EXPECT_TRUE(at::allclose(weight.grad(), weight2.grad(), 1e-9, 1e-11));
      EXPECT_GE(kl.min().item<double>(), 0);
    }
  }
}

TEST(VocabularyKl, IsNothingBetweenEquals) {
  const HeadInput model{random(3, 4, 0), random(11, 4, 1)};
  EXPECT_LT(vocabulary_kl(model, model, 1).abs().max().item<double>(), 1e-15);
  EXPECT_THROW(vocabulary_kl(model, {random(3, 4, 0), random(10, 4, 1)}, 1), Error);
}

}  // namespace
}  // namespace nudge
