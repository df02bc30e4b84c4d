#include "objectives/pairs/pair_losses.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "objectives/goldens_test.h"
#include "objectives/pairs/hinge.h"
#include "objectives/pairs/ipo.h"
#include "objectives/pairs/sigmoid.h"
#include "objectives/pairs/simpo.h"

namespace nudge {
namespace {

// The pairs of a golden case. (Values and gradients: objectives/replay.)
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
  for (const std::string& name : pair_loss_names()) {
    const NamedPairLoss named = parse_pair_loss(name, {.beta = 0.3, .label_smoothing = 0.1});
    if (named.over_step) continue;  // aot: defined over the step as a whole
    const auto whole = named.loss(terms_of(inputs));
    for (std::int64_t p = 0; p < whole.numel(); ++p) {
      Json one = Json::object();
      for (const auto& [key, values] : inputs.items()) one[key] = Json::array({values[p]});
      const auto alone = named.loss(terms_of(one));
      EXPECT_EQ(alone.item<double>(), whole[p].item<double>()) << name;
    }
  }
}

// exp(-z) and log(1 - e^x) overflow soonest; single precision at log-ratios of hundreds must stay finite
// where the loss itself is.
TEST(PairLosses, FiniteInSinglePrecision) {
  const auto far = at::tensor({-600.0F, 600.0F}), near = at::tensor({0.0F, 0.0F});
  for (const std::string& name : pair_loss_names()) {
    PairTerms terms{.chosen = near.clone().requires_grad_(), .rejected = far.clone().requires_grad_()};
    terms.reference_chosen = terms.reference_rejected = at::zeros(2);
    terms.chosen_length = terms.rejected_length = at::full({2}, 100.0F);
    terms.chosen_score = terms.chosen_ratio();
    terms.rejected_score = terms.rejected_ratio();
    const auto loss = parse_pair_loss(name, {.beta = 0.1, .label_smoothing = 0.1}).loss(terms).sum();
    loss.backward();
    EXPECT_TRUE(std::isfinite(loss.item<float>())) << name;
    EXPECT_TRUE(terms.rejected.grad().isfinite().all().item<bool>()) << name;
  }
}

TEST(PairLosses, WithoutAReferenceSmoothTheSigmoidAndTakeAveragesAsTheyCome) {
  const PairTerms terms{.chosen_score = at::tensor({-1.0, -2.0}), .rejected_score = at::tensor({-1.5, -1.0})};
  const auto loss = [](const std::string& name) {
    const double smoothing = name == "sigmoid" || name == "simpo" ? 0.1 : 0;
    return parse_unreferenced_loss(name, {.beta = 0.3, .label_smoothing = smoothing}, 0.4);
  };
  EXPECT_TRUE(at::equal(loss("sigmoid").loss(terms), sigmoid(terms, 0.3, 0.1)));
  EXPECT_TRUE(at::equal(loss("simpo").loss(terms), simpo(terms, 0.3, 0.4, 0.1)));
  EXPECT_TRUE(at::equal(loss("hinge").loss(terms), hinge(terms, 0.3)));
  EXPECT_TRUE(at::equal(loss("ipo").loss(terms), ipo_of_sums(terms, 0.3)));
  for (const char* name : {"simpo", "ipo"}) EXPECT_TRUE(loss(name).of_averages) << name;
  for (const char* name : {"sigmoid", "hinge"}) EXPECT_FALSE(loss(name).of_averages) << name;
  EXPECT_THROW(parse_unreferenced_loss("ipo", {.beta = 0}, 0), UsageError);
  EXPECT_THROW(parse_unreferenced_loss("simpo", {.label_smoothing = 1}, 0), UsageError);
  EXPECT_THROW(parse_unreferenced_loss("hinge", {.label_smoothing = 0.1}, 0), UsageError);
}

TEST(PairLosses, RefuseWhatTheyCannotBe) {
  EXPECT_THROW(parse_pair_loss("sigmod", {}), UsageError);
  EXPECT_THROW(parse_pair_loss("ipo", {.beta = 0}), UsageError);
  EXPECT_THROW(parse_pair_loss("sppo_hard", {.beta = 0}), UsageError);
  EXPECT_THROW(parse_pair_loss("robust", {.label_smoothing = 0.5}), UsageError);
  EXPECT_THROW(parse_pair_loss("exo_pair", {.label_smoothing = 0}), UsageError);
  EXPECT_THROW(parse_pair_loss("sigmoid", {.beta = -1}), UsageError);
  EXPECT_THROW(parse_pair_loss("sigmoid", {.beta = INFINITY}), UsageError);
  EXPECT_THROW(parse_divergence("alpha_divergence", NAN), UsageError);
  EXPECT_THROW(parse_divergence("kl", 0), UsageError);
  EXPECT_THROW(parse_pair_conventions("verl"), UsageError);
}

}  // namespace
}  // namespace nudge
