#include "objectives/bradley_terry.h"

#include "base/error.h"
#include "objectives/goldens_test.h"

namespace nudge {
namespace {

TEST(BradleyTerry, MatchesFormulaAndTrl) {
  for (const auto& golden : goldens()["bradley_terry"]) {
    const auto chosen = leaf(golden["chosen"]), rejected = leaf(golden["rejected"]);
    const auto loss = bradley_terry(chosen, rejected, constant(golden["margins"]),
                                    constant(golden["weights"]), golden["centering"]);
    loss.sum.backward();
    EXPECT_NEAR(loss.sum.item<double>(), golden["sum"], 1e-12);
    EXPECT_NEAR(loss.count, golden["count"], 1e-12);
    expect_near(chosen.grad(), golden["chosen_gradient"], 1e-12);
    expect_near(rejected.grad(), golden["rejected_gradient"], 1e-12);
    for (const auto& [name, value] : golden["metrics"].items())
      EXPECT_NEAR(loss.metrics.means().get(name), value.get<double>(), 1e-12) << name;
  }
}

// log(sigmoid(x)) is -inf from x = -104 on in single precision; the loss and its gradient must stay finite.
TEST(BradleyTerry, FiniteForHopelessPairs) {
  const auto chosen = at::tensor({-500.0F}).requires_grad_();
  const auto loss = bradley_terry(chosen, at::tensor({500.0F}), {}, {}, 0);
  loss.sum.backward();
  EXPECT_EQ(loss.sum.item<float>(), 1000);
  EXPECT_EQ(chosen.grad().item<float>(), -1);
}

// K = 4 answers to one prompt are six pairs of weight 1/6: together they count as one pair.
TEST(BradleyTerry, AllPairsOfAPromptCountAsOne) {
  const auto scores = at::tensor({2.0, 1.0, 0.5, -1.0}, at::kDouble);
  const auto better = at::tensor({0, 0, 0, 1, 1, 2}, at::kLong),
             worse = at::tensor({1, 2, 3, 2, 3, 3}, at::kLong);
  const auto loss = bradley_terry(scores.index_select(0, better), scores.index_select(0, worse), {},
                                  at::full(6, 1.0 / 6, at::kDouble), 0);
  EXPECT_NEAR(loss.count, 1, 1e-12);
  EXPECT_NEAR(loss.metrics.means().get("accuracy"), 1, 1e-12);
}

TEST(BradleyTerry, RefusesUnequalLengths) {
  EXPECT_THROW(bradley_terry(at::zeros(3), at::zeros(2), {}, {}, 0), Error);
  EXPECT_THROW(bradley_terry(at::zeros(3), at::zeros(3), {}, at::ones(2), 0), Error);
}

}  // namespace
}  // namespace nudge
