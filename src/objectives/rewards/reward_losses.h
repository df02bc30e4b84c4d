#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "objectives/rewards/ranked_items.h"
#include "tensor/loss_sum.h"

namespace nudge {

/// What the likelihoods of comparisons are made with.
struct ComparisonLossOptions {
  double label_smoothing = 0;  // bradley_terry
  double rater_noise = 0;      // all on pairs
  double centering = 0;        // c (better + worse)^2 of each pair (Eisenstein et al. 2023)
};

/// The share of the pairs with a winner that the scores give to the same side; equal scores count as wrong.
inline constexpr Metric kRewardAccuracy{"accuracy"};

/// A loss of comparisons of answers with the scores [C]: their weighted sum, the count is the sum of weights
/// of the comparisons that say something to it. `free_F` are its own parameters, learned along. Metrics under
/// TRL's names, weighted means over the pairs with a winner: kRewardAccuracy, margin
/// (better - worse), mean_reward.
using ComparisonLoss = std::function<LossSum(
    const at::Tensor& scores_C, std::span<const RankedItems> comparisons, const at::Tensor& free_F)>;
struct ComparisonObjective {
  ComparisonLoss loss;
  bool ties = false;         // learns from ties; else they say nothing to it
  bool margins = false;      // uses the margins of pairs
  std::vector<double> free;  // where its own parameters start
};
/// "bradley_terry", "rao_kupper", "davidson" (on the C(K, 2) pairs of a ranking) and "plackett_luce" (on
/// rankings as they are). UsageError for another name or an option that the loss has no use for.
ComparisonObjective parse_comparison_objective(const std::string& name, const ComparisonLossOptions& options);
std::vector<std::string> comparison_objective_names();

/// A loss of labels that answers, or tokens, carry [N], against their scores [N] -> [N].
using LabelLoss = std::function<at::Tensor(const at::Tensor& scores_N, const at::Tensor& labels_N,
                                           const at::Tensor& free_F)>;
struct LabelObjective {
  LabelLoss loss;
  std::vector<double> free;
};
/// "regression" (half the squared error), "logistic" (labels 0 and 1), "ordinal" (grades 0 ... C - 1; its cut
/// points start where a score of 0 gives each grade its share among `labels`). UsageError for another name;
/// Error when the labels are not of that kind.
LabelObjective parse_label_objective(const std::string& name, std::span<const double> labels);

}  // namespace nudge
