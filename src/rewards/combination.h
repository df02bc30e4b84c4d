#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "rewards/reward_spec.h"

namespace nudge {

/// How several opinions on one completion (the members of an ensemble, the heads of a model) become one
/// score. As settings of a reward spec:
///   combine=mean            their mean
///   combine=min             the worst (worst-case optimisation, Coste et al. 2023)
///   combine=mean_minus_std,k=1   mean - k times their standard deviation (n - 1 below the line): what they
///                           disagree on is worth less (uncertainty-weighted, same paper, with std for
///                           variance)
///   weights=0.7/0.3         their weighted sum, in order
///   head=NAME               one of them
/// One opinion needs no combination. NaN where any that it looks at is NaN.
class Combination {
 public:
  Combination() = default;
  /// From a spec's settings. Throws UsageError.
  explicit Combination(SpecReader& spec);

  double operator()(std::span<const double> opinions) const;

  /// Looks up `head`, and throws Error, in the words of `who`, unless the combination suits opinions of these
  /// names.
  void require_fits(const std::vector<std::string>& names, const std::string& who);

 private:
  std::string head_;
  std::vector<double> weights_;
  std::function<double(std::span<const double>)> combine_;
};

/// Standard deviation of opinions, n - 1 below the line; 0 of a single one.
double standard_deviation(std::span<const double> opinions);

}  // namespace nudge
