#pragma once

#include <ATen/core/Tensor.h>

namespace nudge {

/// Logistic regression: the probability of one of two classes, sigmoid(x w + b).
struct LogisticRegression {
  at::Tensor weight_D;  // double
  double intercept = 0;

  /// x_ND -> [N], double.
  at::Tensor probabilities(const at::Tensor& x_ND) const;
};

/// The w and b that minimise |w|^2 / 2 + sum_i c_i cross_entropy_i, where c_i = N / (2 times the number of
/// examples in i's class): scikit-learn's LogisticRegression(class_weight="balanced") with its defaults, by
/// Newton's method in double precision to the optimum. x_ND floats, positive_N bool. Throws Error unless both
/// classes have an example.
LogisticRegression fit_logistic(const at::Tensor& x_ND, const at::Tensor& positive_N);

/// p / (1 - p) of each probability, within [least, most]: how much denser one class lies there than the
/// other, when p was fitted on balanced classes (Jung et al. 2024, underlying distribution matching).
at::Tensor density_ratio(const at::Tensor& probability_N, double least, double most);

}  // namespace nudge
