#include "objectives/rewards/reward_losses.h"

#include "base/error.h"
#include "objectives/goldens_test.h"
#include "objectives/rewards/graded.h"
#include "objectives/rewards/plackett_luce.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

// tests/goldens/reward_losses.json: the likelihoods the obvious way, from probabilities
// (tools/goldens/reward_losses.py).
const Json& reward_goldens() {
  static const Json file = read_json(NUDGE_SOURCE_DIR "/tests/goldens/reward_losses.json");
  return file;
}

std::vector<RankedItems> comparisons_of(const Json& golden) {
  std::vector<RankedItems> all;
  for (const Json& each : golden)
    all.push_back({each["items"], each["ranks"], each["margin"].get<double>(), each["weight"].get<double>()});
  return all;
}

void expect_free_gradient(const at::Tensor& free, const Json& golden) {
  if (golden["free"].empty()) return;
  expect_near(free.grad(), golden["free_gradient"], 1e-10);
}

TEST(RewardLosses, OfComparisonsMatchTheirLikelihoods) {
  for (const Json& golden : reward_goldens()["comparisons"]) {
    SCOPED_TRACE(golden["name"].get<std::string>());
    const auto scores = leaf(golden["scores"]), free = leaf(golden["free"]);
    const ComparisonObjective objective =
        comparison_objective(value_of<RewardLoss>(golden["name"], "The loss"),
                             {golden["label_smoothing"], golden["rater_noise"], golden["centering"]});
    EXPECT_EQ(objective.free.size(), golden["free"].size());
    const LossSum loss = objective.loss(scores, comparisons_of(golden["comparisons"]), free);
    loss.sum.backward();
    EXPECT_NEAR(loss.sum.item<double>(), golden["sum"], 1e-10);
    EXPECT_NEAR(loss.count, golden["count"], 1e-12);
    expect_near(scores.grad(), golden["gradient"], 1e-10);
    expect_free_gradient(free, golden);
  }
}

TEST(RewardLosses, OfLabelsMatchTheirLikelihoods) {
  for (const Json& golden : reward_goldens()["labels"]) {
    SCOPED_TRACE(golden["name"].get<std::string>());
    const auto scores = leaf(golden["scores"]), free = leaf(golden["free"]);
    const std::vector<double> labels = golden["labels"];
    const bool logistic = golden["name"] == "logistic";
    const LabelObjective objective = label_objective(
        logistic ? RewardLoss::outcome : value_of<RewardLoss>(golden["name"], "The loss"), labels);
    EXPECT_EQ(objective.free.size(), golden["free"].size());
    const at::Tensor losses = objective.loss(scores, constant(golden["labels"]), free);
    losses.sum().backward();
    expect_near(losses.detach(), golden["losses"], 1e-10);
    expect_near(scores.grad(), golden["gradient"], 1e-10);
    expect_free_gradient(free, golden);
  }
}

// TRL's own numbers, with margins, weights and centering.
TEST(RewardLosses, BradleyTerryIsTrls) {
  for (const Json& golden : goldens()["bradley_terry"]) {
    const auto chosen = leaf(golden["chosen"]), rejected = leaf(golden["rejected"]);
    const std::int64_t pairs = chosen.numel();
    std::vector<RankedItems> comparisons;
    for (std::int64_t i = 0; i < pairs; ++i)
      comparisons.push_back({{i, pairs + i},
                             {0, 1},
                             golden["margins"].is_null() ? 0 : golden["margins"][i].get<double>(),
                             golden["weights"].is_null() ? 1 : golden["weights"][i].get<double>()});
    const LossSum loss = comparison_objective(RewardLoss::bradley_terry, {.centering = golden["centering"]})
                             .loss(at::cat({chosen, rejected}), comparisons, {});
    loss.sum.backward();
    EXPECT_NEAR(loss.sum.item<double>(), golden["sum"], 1e-12);
    EXPECT_NEAR(loss.count, golden["count"], 1e-12);
    expect_near(chosen.grad(), golden["chosen_gradient"], 1e-12);
    expect_near(rejected.grad(), golden["rejected_gradient"], 1e-12);
    const Metrics values = loss.metrics.values();
    const std::map<std::string, double> named(values.begin(), values.end());
    for (const auto& [name, value] : golden["metrics"].items())
      EXPECT_NEAR(named.at(name), value.get<double>(), 1e-12) << name;
  }
}

// log(sigmoid(x)) is -inf from x = -104 on in single precision; losses and gradients must stay finite.
TEST(RewardLosses, StayFiniteForHopelessPairs) {
  const std::vector<RankedItems> comparisons{{{0, 1}, {0, 1}}, {{0, 1}, {0, 0}}};
  for (const auto& [of_this_name, name] : names_table(RewardLoss())) {
    if (!of_comparisons(of_this_name)) continue;
    const auto scores = at::tensor({-500.0F, 500.0F}).requires_grad_();
    const ComparisonObjective objective = comparison_objective(of_this_name, {});
    const auto free = at::tensor(objective.free, at::kFloat).requires_grad_();
    const LossSum loss = objective.loss(scores, comparisons, free);
    loss.sum.backward();
    EXPECT_GE(loss.sum.item<float>(), 900) << name;
    EXPECT_TRUE(at::isfinite(scores.grad()).all().item<bool>()) << name;
  }
  const auto scores = at::tensor({-500.0F, 500.0F}).requires_grad_();
  const auto loss =
      comparison_objective(RewardLoss::bradley_terry, {.rater_noise = 0.1}).loss(scores, comparisons, {});
  loss.sum.backward();
  EXPECT_NEAR(loss.sum.item<float>(), -std::log(0.05), 1e-5) << "a noisy rater bounds what a label can cost";
  EXPECT_NEAR(scores.grad().abs().max().item<float>(), 0, 1e-6);
}

// K = 4 answers to one prompt are six pairs: together they count as one.
TEST(RewardLosses, AllPairsOfAComparisonCountAsOne) {
  const auto scores = at::tensor({2.0, 1.0, 0.5, -1.0}, at::kDouble);
  const std::vector<RankedItems> comparisons{{{0, 1, 2, 3}, {0, 1, 2, 3}}};
  const auto loss = comparison_objective(RewardLoss::bradley_terry, {}).loss(scores, comparisons, {});
  EXPECT_NEAR(loss.count, 1, 1e-12);
  EXPECT_NEAR(loss.metrics.mean(kRewardAccuracy), 1, 1e-12);
}

TEST(RewardLosses, TiesSayNothingToBradleyTerry) {
  const auto scores = at::tensor({2.0, 1.0}, at::kDouble);
  const std::vector<RankedItems> tie{{{0, 1}, {0, 0}}};
  EXPECT_EQ(comparison_objective(RewardLoss::bradley_terry, {}).loss(scores, tie, {}).count, 0);
  for (const RewardLoss loss : {RewardLoss::rao_kupper, RewardLoss::davidson, RewardLoss::plackett_luce}) {
    const auto free = at::zeros({1}, at::kDouble);
    EXPECT_EQ(comparison_objective(loss, {}).loss(scores, tie, free).count, 1) << name_of(loss);
  }
}

TEST(PlackettLuce, OfTwoIsBradleyTerry) {
  const auto scores = at::tensor({0.3, -1.2}, at::kDouble);
  const std::vector<RankedItems> pair{{{1, 0}, {0, 1}}};
  EXPECT_NEAR(plackett_luce(scores, pair).item<double>(), std::log1p(std::exp(1.5)), 1e-12);
}

TEST(PlackettLuce, EqualRanksPullTogether) {
  const auto scores = at::tensor({1.0, -1.0, 0.0}, at::kDouble).requires_grad_();
  plackett_luce(scores, std::vector<RankedItems>{{{0, 1, 2}, {0, 0, 0}}}).sum().backward();
  EXPECT_GT(scores.grad()[0].item<double>(), 0);
  EXPECT_LT(scores.grad()[1].item<double>(), 0);
}

TEST(Ordinal, StartsWhereAScoreOfZeroGivesTheShares) {
  const std::vector<double> labels{0, 0, 0, 0, 1, 2, 2, 2, 2, 2};
  const LabelObjective objective = label_objective(RewardLoss::ordinal, labels);
  const auto free = at::tensor(objective.free, at::kDouble);
  const auto losses =
      objective.loss(at::zeros({3}, at::kDouble), at::tensor({0.0, 1.0, 2.0}, at::kDouble), free);
  const auto shares = (-losses).exp();
  EXPECT_NEAR(shares[0].item<double>(), 5 / 13.0, 1e-12);  // one more of each grade
  EXPECT_NEAR(shares[1].item<double>(), 2 / 13.0, 1e-12);
  EXPECT_NEAR(shares.sum().item<double>(), 1, 1e-12);
}

TEST(RewardLosses, RefuseWhatTheyHaveNoUseFor) {
  EXPECT_THROW(comparison_objective(RewardLoss::ordinal, {}), UsageError);
  EXPECT_THROW(label_objective(RewardLoss::davidson, {}), UsageError);
  EXPECT_THROW(comparison_objective(RewardLoss::davidson, {.label_smoothing = 0.1}), UsageError);
  EXPECT_THROW(comparison_objective(RewardLoss::plackett_luce, {.rater_noise = 0.1}), UsageError);
  EXPECT_THROW(comparison_objective(RewardLoss::bradley_terry, {.label_smoothing = 0.5}), UsageError);
  EXPECT_THROW(label_objective(RewardLoss::outcome, std::vector<double>{0, 2}), Error);
  EXPECT_THROW(label_objective(RewardLoss::ordinal, std::vector<double>{0, 0.5}), Error);
  EXPECT_THROW(label_objective(RewardLoss::ordinal, std::vector<double>{0, 0}), Error);
}

}  // namespace
}  // namespace nudge
