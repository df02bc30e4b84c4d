#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/interval.h"

namespace nudge {

/// Share of successes (each 0, 1, or .5 for a draw) among trials that come in clusters, as the pairs of one
/// prompt do: Wilson's interval for as many trials as are worth the same (Kish's design effect, never below
/// 1).
Interval clustered_share(std::span<const double> successes, std::span<const std::int64_t> clusters);
/// Pearson's correlation; NaN when a side does not vary.
double pearson(std::span<const double> x, std::span<const double> y);
/// Expected calibration error of probabilities against outcomes (0 or 1; .5 allowed), ten equal bins.
double expected_calibration_error(std::span<const double> probabilities, std::span<const double> outcomes);
/// KL of best-of-n from its base policy: ln n - (n - 1) / n (an upper bound; Beirami et al. 2024).
double best_of_n_kl(std::int64_t n);
/// Unbiased estimate of the mean of `gold` of the best of n by `proxy`, from N >= n samples of one prompt
/// (Gao et al. 2022).
double best_of_n(std::span<const double> proxy, std::span<const double> gold, std::int64_t n);

}  // namespace nudge
