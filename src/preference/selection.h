#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nudge {

/// Which comparison to ask next, from what reward models think of its answers. All functions are pure.

/// Scores of the answers of one comparison: members of an ensemble x answers.
using EnsembleScores = std::vector<std::vector<double>>;

/// How far an ensemble disagrees: the standard deviation over its members of the difference of two answers'
/// scores, the largest over pairs of answers (Christiano et al. 2017, section 2.2.4, query by the variance of
/// the ensemble). 0 for a single model. Throws Error for scores of unequal length, or none, or not finite.
double disagreement(const EnsembleScores& scores);

/// How undecided the ensemble's mean is: minus the smallest |difference| of two answers' mean scores, so that
/// larger asks sooner. Throws Error as above.
double uncertainty(const EnsembleScores& scores);

/// The order of asking: at each place a random one of those left with probability `random_share`, else the
/// one of the largest value (the first of equals). Christiano et al. found that queries by disagreement alone
/// can do worse than random ones; the random share keeps the labels an honest sample as well. A share of 1 is
/// a random order. Throws Error for empty `values`.
std::vector<std::size_t> asking_order(std::span<const double> values, double random_share,
                                      std::uint64_t seed);

/// Priorities in (0, 1] of an asking order, 1 first: what a store asks by, largest first.
std::vector<double> priorities(std::span<const std::size_t> order);

}  // namespace nudge
