#include "objectives/pairs/pair_losses.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "base/error.h"
#include "objectives/goldens_test.h"
#include "objectives/pairs/alpha_reward.h"
#include "objectives/pairs/displacement.h"
#include "objectives/pairs/hinge.h"
#include "objectives/pairs/ipo.h"
#include "objectives/pairs/odds_ratio.h"
#include "objectives/pairs/sigmoid.h"
#include "objectives/pairs/simpo.h"

namespace nudge {
namespace {

// tests/goldens/preference_losses.json: TRL's own losses in double precision
// (tools/goldens/preference_losses.py).
std::vector<Json> cases(const std::string& family) {
  static const Json file = read_json(NUDGE_SOURCE_DIR "/tests/goldens/preference_losses.json");
  std::vector<Json> chosen;
  for (const Json& each : file["cases"])
    if (each["name"].get<std::string>().starts_with(family + ".")) chosen.push_back(each);
  EXPECT_FALSE(chosen.empty()) << family;
  return chosen;
}

// The terms of a case; log-probs collect gradients. Without a reference the scores are the log-probs.
PairTerms terms_of(const Json& inputs, const Divergence& divergence) {
  PairTerms terms{.chosen = leaf(inputs["chosen"]), .rejected = leaf(inputs["rejected"])};
  const auto or_zero = [&](const char* name) {
    return inputs.contains(name) ? constant(inputs[name]) : at::zeros_like(terms.chosen);
  };
  terms.reference_chosen = or_zero("reference_chosen");
  terms.reference_rejected = or_zero("reference_rejected");
  terms.chosen_length = or_zero("chosen_length");
  terms.rejected_length = or_zero("rejected_length");
  terms.chosen_score = divergence(terms.chosen_ratio());
  terms.rejected_score = divergence(terms.rejected_ratio());
  return terms;
}

void expect_case(const Json& golden, const PairLoss& loss, const Divergence& divergence) {
  SCOPED_TRACE(golden["name"].get<std::string>() + " " + golden["options"].dump());
  const PairTerms terms = terms_of(golden["inputs"], divergence);
  const at::Tensor each = loss(terms);
  EXPECT_EQ(each.numel(), terms.chosen.numel());
  each.sum().backward();
  EXPECT_NEAR(each.sum().item<double>(), golden["value"].get<double>(), 1e-10);
  at::Tensor rejected_gradient = terms.rejected.grad();
  if (golden["inputs"].contains("rejected_length"))  // an empty completion has no token to be moved
    rejected_gradient = rejected_gradient * (terms.rejected_length > 0);
  expect_near(terms.chosen.grad(), golden["gradient"]["chosen"], 1e-10);
  expect_near(rejected_gradient, golden["gradient"]["rejected"], 1e-10);
}

TEST(PairLosses, MatchTrlAndOpenRlhf) {
  for (const Json& golden : cases("dpo")) {
    const Json& o = golden["options"];
    const PairLossOptions options{.beta = o["beta"],
                                  .label_smoothing = o["label_smoothing"],
                                  .discopop_tau = o["discopop_tau"],
                                  .conventions = parse_pair_conventions(golden["convention"])};
    expect_case(golden, parse_pair_loss(o["loss_type"], options).loss,
                parse_divergence(o["f_divergence_type"], o["f_alpha_divergence_coef"]));
  }
}

TEST(PairLosses, OfCpoAndTpoMatchTrl) {
  for (const char* family : {"cpo", "tpo"}) {
    for (const Json& golden : cases(family)) {
      const Json& o = golden["options"];
      const double beta = o["beta"], e = o["label_smoothing"], alpha = o.value("alpha", 0.0);
      const double gamma = o.contains("simpo_gamma") ? o["simpo_gamma"] : o["tpo_l_gamma"];
      const std::map<std::string, PairLoss> losses = {
          {"sigmoid", [=](const PairTerms& p) { return sigmoid(p, beta, e); }},
          {"hinge", [=](const PairTerms& p) { return hinge(p, beta); }},
          {"ipo", [=](const PairTerms& p) { return ipo_of_sums(p, beta); }},
          {"simpo", [=](const PairTerms& p) { return simpo(p, beta, gamma, e); }},
          {"tpo-l", [=](const PairTerms& p) { return simpo(p, beta, gamma, e); }}};
      expect_case(golden, losses.at(o["loss_type"]),
                  [=](const at::Tensor& x) { return alpha_reward(x, alpha); });
    }
  }
}

TEST(PairLosses, OfOrpoMatchesTheFormulaNearCertaintyToo) {
  for (const Json& golden : cases("orpo")) {
    const double beta = golden["options"]["beta"];
    expect_case(
        golden, [=](const PairTerms& p) { return odds_ratio(p, beta); }, parse_divergence("reverse_kl", 0));
  }
}

TEST(PairLosses, CutAnywhereSumToTheSame) {
  const Json inputs = cases("dpo").front()["inputs"];
  for (const std::string& name : pair_loss_names()) {
    const NamedPairLoss named = parse_pair_loss(name, {.beta = 0.3, .label_smoothing = 0.1});
    if (named.over_step) continue;  // aot: defined over the step as a whole
    const auto whole = named.loss(terms_of(inputs, parse_divergence("reverse_kl", 0)));
    for (std::int64_t p = 0; p < whole.numel(); ++p) {
      Json one = Json::object();
      for (const auto& [key, values] : inputs.items()) one[key] = Json::array({values[p]});
      const auto alone = named.loss(terms_of(one, parse_divergence("reverse_kl", 0)));
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

TEST(PairLosses, RefuseWhatTheyCannotBe) {
  EXPECT_THROW(parse_pair_loss("sigmod", {}), UsageError);
  EXPECT_THROW(parse_pair_loss("ipo", {.beta = 0}), UsageError);
  EXPECT_THROW(parse_pair_loss("sppo_hard", {.beta = 0}), UsageError);
  EXPECT_THROW(parse_pair_loss("robust", {.label_smoothing = 0.5}), UsageError);
  EXPECT_THROW(parse_pair_loss("exo_pair", {.label_smoothing = 0}), UsageError);
  EXPECT_THROW(parse_pair_loss("sigmoid", {.beta = -1}), UsageError);
  EXPECT_THROW(parse_divergence("kl", 0), UsageError);
  EXPECT_THROW(parse_pair_conventions("verl"), UsageError);
}

TEST(DisplacementAlarm, RingsOnceWhenTheChosenFallWhileThePairsAreToldApart) {
  DisplacementAlarm alarm;
  int rung = 0;
  for (int step = 0; step < 10; ++step) rung += alarm.sees(-20, -20, 1);
  EXPECT_EQ(rung, 0);  // told apart, and still as likely
  for (int step = 0; step < 10; ++step) rung += alarm.sees(-25, -20, 0.6);
  EXPECT_EQ(rung, 0);  // less likely, but not told apart
  for (int step = 0; step < 30; ++step) rung += alarm.sees(-25, -20, 0.95);
  EXPECT_EQ(rung, 1);
}

TEST(DisplacementAlarm, WithoutAReferenceComparesWithTheFirstSteps) {
  DisplacementAlarm alarm;
  const double none = std::numeric_limits<double>::quiet_NaN();
  int rung = 0;
  for (int step = 0; step < 10; ++step) rung += alarm.sees(-20, none, 1);
  EXPECT_EQ(rung, 0);
  for (int step = 0; step < 10; ++step) rung += alarm.sees(-23, none, 1);
  EXPECT_EQ(rung, 1);
}

}  // namespace
}  // namespace nudge
