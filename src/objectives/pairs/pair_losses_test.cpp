#include "objectives/pairs/pair_losses.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "objectives/goldens_test.h"
#include "objectives/pairs/discopop.h"
#include "objectives/pairs/finite_pairs.h"
#include "objectives/pairs/hinge.h"
#include "objectives/pairs/ipo.h"
#include "objectives/pairs/odds_ratio.h"
#include "objectives/pairs/sigmoid.h"
#include "objectives/pairs/simpo.h"
#include "objectives/pairs/unreferenced_losses.h"

namespace nudge {
namespace {

// The pairs of a golden case. (Values and gradients: verify/.)
PairTerms terms_of(const Json& inputs) {
  PairTerms terms{.chosen = leaf(inputs["chosen"]), .rejected = leaf(inputs["rejected"])};
  terms.reference_chosen = constant(inputs["reference_chosen"]);
  terms.reference_rejected = constant(inputs["reference_rejected"]);
  terms.chosen_length = constant(inputs["chosen_length"]);
  terms.rejected_length = constant(inputs["rejected_length"]);
  terms.chosen_score = terms.chosen_ratio();
  terms.rejected_score = terms.rejected_ratio();
  return terms;
}

TEST(PairLosses, CutAnywhereSumToTheSame) {
  const Json inputs =
      read_json(NUDGE_SOURCE_DIR "/tests/goldens/preference_losses.json")["cases"][0]["inputs"];
  for (const auto& [of_this_name, name] : names_table(DpoLoss())) {
    if (of_this_name == DpoLoss::sft) continue;  // no loss of pairs
    const KnownPairLoss known = pair_loss(of_this_name, {.beta = 0.3, .label_smoothing = 0.1});
    if (known.over_step) continue;  // aot: defined over the step as a whole
    const auto whole = known.loss(terms_of(inputs));
    for (std::int64_t p = 0; p < whole.numel(); ++p) {
      Json one = Json::object();
      for (const auto& [key, values] : inputs.items()) one[key] = Json::array({values[p]});
      const auto alone = known.loss(terms_of(one));
      EXPECT_EQ(alone.item<double>(), whole[p].item<double>()) << name;
    }
  }
}

// exp(-z) and log(1 - e^x) overflow soonest; single precision at log-ratios of hundreds must stay finite
// where the loss itself is.
TEST(PairLosses, FiniteInSinglePrecision) {
  const auto far = at::tensor({-600.0F, 600.0F}), near = at::tensor({0.0F, 0.0F});
  for (const auto& [of_this_name, name] : names_table(DpoLoss())) {
    if (of_this_name == DpoLoss::sft) continue;
    PairTerms terms{.chosen = near.clone().requires_grad_(), .rejected = far.clone().requires_grad_()};
    terms.reference_chosen = terms.reference_rejected = at::zeros(2);
    terms.chosen_length = terms.rejected_length = at::full({2}, 100.0F);
    terms.chosen_score = terms.chosen_ratio();
    terms.rejected_score = terms.rejected_ratio();
    const auto loss = pair_loss(of_this_name, {.beta = 0.1, .label_smoothing = 0.1}).loss(terms).sum();
    loss.backward();
    EXPECT_TRUE(std::isfinite(loss.item<float>())) << name;
    EXPECT_TRUE(terms.rejected.grad().isfinite().all().item<bool>()) << name;
  }
}

// DiscoPOP's last product: a sigmoid of 0 times an exponential beyond single precision.
TEST(PairLosses, DiscopopIsFiniteFarBelowZero) {
  for (const double z : {-2000.0, -100.0, -1.0, 0.5}) {
    const PairTerms terms{.chosen_score = at::tensor({static_cast<float>(z)}).requires_grad_(),
                          .rejected_score = at::zeros({1})};
    const auto loss = discopop(terms, 1, 0.05).sum();
    loss.backward();
    const double gate = 1 / (1 + std::exp(-z / 0.05)),
                 log_sigmoid = z < 0 ? z - std::log1p(std::exp(z)) : -std::log1p(std::exp(-z));
    const double expected = -(1 - gate) * log_sigmoid + (gate > 0 ? gate * std::exp(-z) : 0);
    EXPECT_NEAR(loss.item<double>(), expected, 1e-5 * std::abs(expected)) << z;
    EXPECT_TRUE(std::isfinite(terms.chosen_score.grad().item<double>())) << z;
  }
}

// -log sigmoid(log odds(chosen) / odds(rejected)) in its own words, odds(p) = p / (1 - p), at log-probs a and
// b.
double odds_ratio_by_hand(double a, double b) {
  return std::log1p(std::expm1(-a) / std::expm1(-b));
}

// orpo-certain: the loss was finite at p = 1 and its gradient not a number, so that the whole step was lost.
TEST(OddsRatio, HasASlopeWhereTheChosenCompletionIsCertain) {
  const std::vector<float> chosen = {0, 0, -1e-7F, -1e-3F, -0.5F, -M_LN2, -3, -60},
                           rejected = {-1, -40, -2, -2, -0.01F, -1, -3, -50};
  PairTerms terms{.chosen = at::tensor(chosen).requires_grad_(),
                  .rejected = at::tensor(rejected).requires_grad_()};
  const auto losses = odds_ratio(terms, 1);
  losses.sum().backward();
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const double a = chosen[i], b = rejected[i], h = 1e-6;
    const auto p = static_cast<std::int64_t>(i);
    const double loss = odds_ratio_by_hand(a, b);
    EXPECT_NEAR(losses[p].item<double>(), loss, 1e-5 * std::max(loss, 1e-2)) << a << " " << b;
    const double of_chosen = (odds_ratio_by_hand(a + h, b) - odds_ratio_by_hand(a - h, b)) / (2 * h);
    const double of_rejected = (odds_ratio_by_hand(a, b + h) - odds_ratio_by_hand(a, b - h)) / (2 * h);
    EXPECT_NEAR(terms.chosen.grad()[p].item<double>(), of_chosen, 1e-3 * std::abs(of_chosen) + 1e-7)
        << a << " " << b;
    EXPECT_NEAR(terms.rejected.grad()[p].item<double>(), of_rejected, 1e-3 * std::abs(of_rejected) + 1e-7)
        << a << " " << b;
  }
  EXPECT_NEAR(terms.chosen.grad()[0].item<double>(), -1 / std::expm1(1.0), 1e-5);  // -odds(rejected)
}

TEST(FinitePairs, AreThoseThatAStepCanBeTakenWith) {
  const auto loss = [](const PairTerms& pairs) { return odds_ratio(pairs, 0.1); };
  const auto known = at::zeros({4});
  const PairTerms terms{.chosen = at::tensor({0.0F, -1.0F, NAN, -1.0F}).requires_grad_(),
                        .rejected = at::tensor({-1.0F, 0.0F, -1.0F, -2.0F}).requires_grad_(),
                        .reference_chosen = known,
                        .reference_rejected = known};
  EXPECT_TRUE(at::equal(finite_pairs(terms, loss), at::tensor({1, 0, 0, 1}).to(at::kBool)));
  EXPECT_TRUE(at::equal(finite_terms(terms), at::tensor({1, 1, 0, 1}).to(at::kBool)));
  EXPECT_FALSE(terms.chosen.grad().defined());
}

TEST(PairLosses, WithoutAReferenceSmoothTheSigmoidAndTakeAveragesAsTheyCome) {
  const PairTerms terms{.chosen_score = at::tensor({-1.0, -2.0}), .rejected_score = at::tensor({-1.5, -1.0})};
  using enum UnreferencedLoss;
  const auto loss = [&](UnreferencedLoss of_this_name) {
    const double smoothing = of_this_name == hinge || of_this_name == ipo ? 0 : 0.1;
    return unreferenced_loss(of_this_name, {.beta = 0.3, .label_smoothing = smoothing, .margin = 0.4})(terms);
  };
  EXPECT_TRUE(at::equal(loss(sigmoid), nudge::sigmoid(terms, 0.3, 0.1)));
  for (const UnreferencedLoss with_margin : {simpo, alphapo, tpo_l})
    EXPECT_TRUE(at::equal(loss(with_margin), nudge::simpo(terms, 0.3, 0.4, 0.1)));
  EXPECT_TRUE(at::equal(loss(hinge), nudge::hinge(terms, 0.3)));
  EXPECT_TRUE(at::equal(loss(ipo), ipo_of_sums(terms, 0.3)));
  for (const UnreferencedLoss averaged : {simpo, alphapo, tpo_l, ipo}) EXPECT_TRUE(of_averages(averaged));
  for (const UnreferencedLoss summed : {sigmoid, hinge}) EXPECT_FALSE(of_averages(summed));
  EXPECT_THROW(unreferenced_loss(ipo, {.beta = 0}), UsageError);
  EXPECT_THROW(unreferenced_loss(simpo, {.label_smoothing = 1}), UsageError);
  EXPECT_THROW(unreferenced_loss(hinge, {.label_smoothing = 0.1}), UsageError);
}

TEST(PairLosses, RefuseWhatTheyCannotBe) {
  EXPECT_THROW(value_of<DpoLoss>("sigmod", "The loss"), UsageError);
  EXPECT_THROW(pair_loss(DpoLoss::ipo, {.beta = 0}), UsageError);
  EXPECT_THROW(pair_loss(DpoLoss::sppo_hard, {.beta = 0}), UsageError);
  EXPECT_THROW(pair_loss(DpoLoss::robust, {.label_smoothing = 0.5}), UsageError);
  EXPECT_THROW(pair_loss(DpoLoss::exo_pair, {.label_smoothing = 0}), UsageError);
  EXPECT_THROW(pair_loss(DpoLoss::sigmoid, {.beta = -1}), UsageError);
  EXPECT_THROW(pair_loss(DpoLoss::sigmoid, {.beta = INFINITY}), UsageError);
  EXPECT_THROW(pair_loss(DpoLoss::sft, {}), Error);
  EXPECT_THROW(value_of<DivergenceType>("kl", "The divergence"), UsageError);
  EXPECT_THROW(conventions_of(Program::verl), UsageError);
}

}  // namespace
}  // namespace nudge
