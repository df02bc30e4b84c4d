#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluation/statistics.h"

namespace nudge {

/// Scores of the N samples of one prompt.
struct ScoredSamples {
  std::vector<double> proxy, gold;
};

/// What picking the best of n by the proxy gives, over prompts.
struct BestOfN {
  std::int64_t n = 1;
  double kl = 0;         // from the sampled policy, by the formula of best_of_n_kl
  Interval proxy, gold;  // means over prompts of the unbiased estimates
  Interval oracle;       // gold if gold itself picked: what the samples would have held
};

/// The curve at each n of `sizes`; every prompt needs at least the largest.
std::vector<BestOfN> best_of_n_curve(std::span<const ScoredSamples> prompts,
                                     std::span<const std::int64_t> sizes);

}  // namespace nudge
