#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <span>
#include <vector>

#include "base/names.h"
#include "objectives/rewards/ranked_items.h"
#include "tensor/loss_sum.h"

namespace nudge {

/// What a reward model learns by: the likelihood of comparisons of answers, or of labels that answers carry.
enum class RewardLoss {
  bradley_terry,  // on the C(K, 2) pairs of a ranking, as are rao_kupper and davidson
  rao_kupper,
  davidson,
  plackett_luce,  // on rankings as they are
  regression,     // half the squared error
  ordinal,        // grades 0 ... C - 1
  outcome,        // 0 or 1, by logistic regression, as are the two below
  outcome_every_token,
  process,  // of steps
};
constexpr auto names_table(RewardLoss) {
  using enum RewardLoss;
  return std::to_array<Named<RewardLoss>>({{bradley_terry, "bradley_terry"},
                                           {rao_kupper, "rao_kupper"},
                                           {davidson, "davidson"},
                                           {plackett_luce, "plackett_luce"},
                                           {regression, "regression"},
                                           {ordinal, "ordinal"},
                                           {outcome, "outcome"},
                                           {outcome_every_token, "outcome_every_token"},
                                           {process, "process"}});
}
/// Of comparisons; the others are of labels.
bool of_comparisons(RewardLoss loss);

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
/// UsageError for a loss of labels, or an option that the loss has no use for.
ComparisonObjective comparison_objective(RewardLoss loss, const ComparisonLossOptions& options);

/// A loss of labels that answers, or tokens, carry [N], against their scores [N] -> [N].
using LabelLoss = std::function<at::Tensor(const at::Tensor& scores_N, const at::Tensor& labels_N,
                                           const at::Tensor& free_F)>;
struct LabelObjective {
  LabelLoss loss;
  std::vector<double> free;
};
/// The cut points of ordinal start where a score of 0 gives each grade its share among `labels`. UsageError
/// for a loss of comparisons; Error when the labels are not of that kind.
LabelObjective label_objective(RewardLoss loss, std::span<const double> labels);

}  // namespace nudge
