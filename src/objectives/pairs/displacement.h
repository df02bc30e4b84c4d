#pragma once

#include <cmath>
#include <limits>

namespace nudge {

/// Watches for likelihood displacement (Razin et al. 2024): the pairs are told apart better and better while
/// the chosen completions themselves become unlikely. Looks at windows of 10 steps, so that one odd batch
/// says nothing.
class DisplacementAlarm {
 public:
  /// Means over the step's pairs: log-prob of the chosen completion under policy and reference (NaN without
  /// one: the first window takes its place), and the share of pairs whose chosen side has the higher implicit
  /// reward. True once, when over a window the chosen log-prob stands more than 10 % of its size below the
  /// reference's and the share exceeds 0.9.
  bool sees(double chosen, double reference_chosen, double accuracy) {
    chosen_ += chosen;
    reference_ += reference_chosen;
    accuracy_ += accuracy;
    if (++steps_ < 10) return false;
    if (std::isnan(first_)) first_ = chosen_;
    if (std::isnan(reference_)) reference_ = first_;
    const bool displaced =
        !raised_ && chosen_ < reference_ - 0.1 * std::abs(reference_) && accuracy_ > 0.9 * steps_;
    raised_ = raised_ || displaced;
    chosen_ = reference_ = accuracy_ = steps_ = 0;
    return displaced;
  }

 private:
  double first_ = std::numeric_limits<double>::quiet_NaN();
  double chosen_ = 0, reference_ = 0, accuracy_ = 0, steps_ = 0;
  bool raised_ = false;
};

}  // namespace nudge
