#include "evaluation/best_of_n_curve.h"

namespace nudge {

std::vector<BestOfN> best_of_n_curve(std::span<const ScoredSamples> prompts,
                                     std::span<const std::int64_t> sizes) {
  std::vector<BestOfN> curve;
  for (std::int64_t n : sizes) {
    std::vector<double> proxies, golds, oracles;
    for (const ScoredSamples& samples : prompts) {
      proxies.push_back(best_of_n(samples.proxy, samples.proxy, n));
      golds.push_back(best_of_n(samples.proxy, samples.gold, n));
      oracles.push_back(best_of_n(samples.gold, samples.gold, n));
    }
    curve.push_back(
        {n, best_of_n_kl(n), mean_interval(proxies), mean_interval(golds), mean_interval(oracles)});
  }
  return curve;
}

}  // namespace nudge
