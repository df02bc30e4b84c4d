#pragma once

#include "objectives/rewards/log_sigmoid_difference.h"
#include "tensor/aten.h"

namespace nudge {

/// Losses of scores [N] against labels [N] that single answers, or single tokens, carry. -> [N]

/// Half the squared error, for labels on a scale of their own.
inline at::Tensor regression(const at::Tensor& scores, const at::Tensor& labels) {
  return 0.5 * (scores - labels).square();
}

/// Logistic, for labels 0 and 1: outcome and process reward models (Cobbe et al. 2021; Lightman et al. 2023).
///   -y log sigma(s) - (1 - y) log sigma(-s)
inline at::Tensor logistic(const at::Tensor& scores, const at::Tensor& labels) {
  return -labels * at::log_sigmoid(scores) - (1 - labels) * at::log_sigmoid(-scores);
}

/// The C - 1 cut points of `ordinal`, rising: free_0, then steps of exp(free_c).
inline at::Tensor cut_points(const at::Tensor& free) {
  const auto steps = at::cat({free.slice(0, 0, 1), free.slice(0, 1).exp()});
  return steps.cumsum(0);
}

/// Cumulative logit (McCullagh 1980), for ordered grades 0 ... C - 1 whose distances are unknown, with cut
/// points k_0 < ... < k_(C-2) (`free` [C - 1] gives them, learned along):
///   P(y <= c) = sigma(k_c - s).
inline at::Tensor ordinal(const at::Tensor& scores, const at::Tensor& labels, const at::Tensor& free) {
  const auto cuts = cut_points(free);
  const auto last = cuts.numel();  // the highest grade
  const auto grade = labels.to(at::kLong);
  const auto above = cuts.index_select(0, grade.clamp_max(last - 1));                // the cut over the grade
  const auto below = cuts.index_select(0, (grade - 1).clamp_min(0));                 // and the one under it
  const auto width = at::where(above > below, above - below, at::ones_like(above));  // unused at the ends
  const auto inner = log_sigmoid_difference(below - scores, width);
  const auto log_p = at::where(grade == 0, at::log_sigmoid(above - scores),
                               at::where(grade == last, at::log_sigmoid(scores - below), inner));
  return -log_p;
}

}  // namespace nudge
