#include "objectives/rewards/reward_losses.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "objectives/rewards/bradley_terry.h"
#include "objectives/rewards/davidson.h"
#include "objectives/rewards/graded.h"
#include "objectives/rewards/plackett_luce.h"
#include "objectives/rewards/rao_kupper.h"
#include "tensor/aten.h"

namespace nudge {
namespace {

using Likelihood = std::function<at::Tensor(const ScorePairs&, const at::Tensor& free_F)>;
using Comparisons = std::span<const RankedItems>;

double total(const at::Tensor& values) {
  return values.sum(at::kDouble).item<double>();
}

void add_metrics(const at::Tensor& scores_C, Comparisons comparisons, LossSum& loss) {
  const ScorePairs pairs = score_pairs(scores_C.detach(), comparisons, false);
  const double count = total(pairs.weights);
  const auto add = [&](const auto& metric, const at::Tensor& values) {
    loss.metrics.add(metric, total(pairs.weights * values), count);
  };
  add(kRewardAccuracy, pairs.differences() > 0);
  add("margin", pairs.differences());
  add("mean_reward", 0.5 * (pairs.better + pairs.worse));
}

at::Tensor centred(const ScorePairs& pairs, double centering) {
  return centering * (pairs.better + pairs.worse).square();
}

ComparisonLoss on_pairs(const Likelihood& likelihood, bool with_ties, double centering) {
  return [=](const at::Tensor& scores_C, Comparisons comparisons, const at::Tensor& free_F) {
    const ScorePairs pairs = score_pairs(scores_C, comparisons, with_ties);
    auto per_pair = -likelihood(pairs, free_F);
    if (centering != 0) per_pair = per_pair + centred(pairs, centering);
    LossSum loss{(pairs.weights * per_pair).sum(), total(pairs.weights), {}};
    add_metrics(scores_C, comparisons, loss);
    return loss;
  };
}

ComparisonLoss on_rankings(double centering) {
  return [=](const at::Tensor& scores_C, Comparisons comparisons, const at::Tensor&) {
    std::vector<double> weights;
    for (const RankedItems& each : comparisons) weights.push_back(each.weight);
    const auto weights_R = at::tensor(weights, at::kDouble).to(scores_C.options());
    LossSum loss{(weights_R * plackett_luce(scores_C, comparisons)).sum(), total(weights_R), {}};
    if (centering != 0) {
      const ScorePairs pairs = score_pairs(scores_C, comparisons, true);
      loss.sum = loss.sum + (pairs.weights * centred(pairs, centering)).sum();
    }
    add_metrics(scores_C, comparisons, loss);
    return loss;
  };
}

void check(RewardLoss loss, const ComparisonLossOptions& o) {
  if (!of_comparisons(loss))
    throw UsageError(fmt::format("The loss {} is of labels, and not of comparisons.", name_of(loss)));
  if (!(o.label_smoothing >= 0 && o.label_smoothing < 0.5))
    throw UsageError(fmt::format("--label_smoothing must be in [0, 0.5), but got {}.", o.label_smoothing));
  if (!(o.rater_noise >= 0 && o.rater_noise < 1))
    throw UsageError(fmt::format("--rater_noise must be in [0, 1), but got {}.", o.rater_noise));
  if (!(o.centering >= 0))
    throw UsageError(fmt::format("--center_rewards_coefficient must be 0 or more, but got {}.", o.centering));
  if (o.label_smoothing > 0 && loss != RewardLoss::bradley_terry)
    throw UsageError(
        fmt::format("--label_smoothing belongs to the loss bradley_terry, not to {}.", name_of(loss)));
  if (o.rater_noise > 0 && loss == RewardLoss::plackett_luce)
    throw UsageError("--rater_noise belongs to losses on pairs; plackett_luce has none.");
}

// Cut points at which a score of 0 gives each grade its share, as `cut_points` reads them.
std::vector<double> ordinal_start(std::span<const double> labels) {
  require(!labels.empty(), "ordinal: there is no grade to learn from.");
  std::vector<double> counts(static_cast<std::size_t>(*std::ranges::max_element(labels)) + 1);
  for (const double label : labels) ++counts[static_cast<std::size_t>(label)];
  require(counts.size() >= 2, "ordinal: every grade is 0; at least two grades are needed.");
  const auto everything = static_cast<double>(labels.size()) + static_cast<double>(counts.size());
  std::vector<double> free;
  double below = 0, previous = 0;
  for (std::size_t grade = 0; grade + 1 < counts.size(); ++grade) {
    below += counts[grade] + 1;
    const double cut = std::log(below / (everything - below));
    free.push_back(grade == 0 ? cut : std::log(cut - previous));
    previous = cut;
  }
  return free;
}

void require_grades(std::span<const double> labels, double highest, const char* loss, const char* expected) {
  for (const double label : labels)
    require(label == std::floor(label) && label >= 0 && label <= highest,
            "{}: expected labels that are {}, but one is {}.", loss, expected, label);
}

}  // namespace

bool of_comparisons(RewardLoss loss) {
  using enum RewardLoss;
  return loss == bradley_terry || loss == rao_kupper || loss == davidson || loss == plackett_luce;
}

ComparisonObjective comparison_objective(RewardLoss loss, const ComparisonLossOptions& options) {
  check(loss, options);
  const double s = options.label_smoothing, noise = options.rater_noise, c = options.centering;
  using Pairs = const ScorePairs&;
  using Free = const at::Tensor&;
  const double narrow = std::log(0.5);  // of equal answers, one in four is then called a tie
  switch (loss) {
    case RewardLoss::rao_kupper:
      return {
          on_pairs([=](Pairs p, Free f) { return rao_kupper(p, f, noise); }, true, c), true, false, {narrow}};
    case RewardLoss::davidson:
      return {
          on_pairs([=](Pairs p, Free f) { return davidson(p, f, noise); }, true, c), true, false, {narrow}};
    case RewardLoss::plackett_luce:
      return {on_rankings(c), true, false, {}};
    default:
      return {on_pairs([=](Pairs p, Free) { return bradley_terry(p, s, noise); }, false, c), false, true, {}};
  }
}

LabelObjective label_objective(RewardLoss loss, std::span<const double> labels) {
  using Tensor = const at::Tensor&;
  switch (loss) {
    case RewardLoss::regression:
      return {[](Tensor s, Tensor y, Tensor) { return regression(s, y); }, {}};
    case RewardLoss::ordinal:
      require_grades(labels, 100, "ordinal", "whole numbers from 0 to 100");
      return {[](Tensor s, Tensor y, Tensor free) { return ordinal(s, y, free); }, ordinal_start(labels)};
    case RewardLoss::outcome:
    case RewardLoss::outcome_every_token:
    case RewardLoss::process:
      require_grades(labels, 1, "logistic", "0 or 1");
      return {[](Tensor s, Tensor y, Tensor) { return logistic(s, y); }, {}};
    default:
      throw UsageError(fmt::format("The loss {} is of comparisons, and not of labels.", name_of(loss)));
  }
}

}  // namespace nudge
