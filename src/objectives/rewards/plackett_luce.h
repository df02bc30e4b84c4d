#pragma once

#include <ATen/core/Tensor.h>

#include <span>

#include "objectives/rewards/ranked_items.h"

namespace nudge {

/// Negative log-likelihood of whole rankings (Plackett 1975, Luce 1959): the best is chosen among all, then
/// the next among the rest, each with the softmax of the scores:
///   sum over choices i of  log(sum over those left k of exp(s_k)) - s_i,
/// divided by the K - 1 choices, so that rankings of any K weigh alike and K = 2 is Bradley-Terry. For equal
/// ranks Efron's form (1977, JASA 72, eq. 5 of the Cox model, the same likelihood): at the j-th choice
/// (j = 0 ...) within a group of d equal ones, each of the group is counted as (1 - j / d) of one left. Of
/// the two usual forms it is the one that costs as much as no ties at all, is exact where those that tie have
/// equal scores, and pulls them together; the average over all orders of the group needs d! terms and differs
/// in second order of their spread. Scores [C] -> [comparisons], differentiable, without the weights.
at::Tensor plackett_luce(const at::Tensor& scores_C, std::span<const RankedItems> comparisons);

}  // namespace nudge
