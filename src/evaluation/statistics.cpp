#include "evaluation/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

#include "base/error.h"

namespace nudge {

namespace {

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Gold in the order of rising proxy. Samples with the same proxy are equally likely to be picked, so each
// stands for their mean.
std::vector<double> gold_by_proxy(std::span<const double> proxy, std::span<const double> gold) {
  std::vector<std::size_t> order(proxy.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return proxy[a] < proxy[b]; });
  std::vector<double> sorted(order.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double sum = 0;
    for (end = begin; end < order.size() && proxy[order[end]] == proxy[order[begin]]; ++end)
      sum += gold[order[end]];
    for (std::size_t i = begin; i < end; ++i) sorted[i] = sum / static_cast<double>(end - begin);
  }
  return sorted;
}

}  // namespace

Interval clustered_share(std::span<const double> successes, std::span<const std::int64_t> clusters) {
  require(!successes.empty() && successes.size() == clusters.size(),
          "A share needs at least one trial, and the cluster of each; here {} and {}.", successes.size(),
          clusters.size());
  const double share = mean(successes);
  const auto n = static_cast<double>(successes.size());
  std::map<std::int64_t, double> excess;  // of each cluster over the share
  for (std::size_t i = 0; i < successes.size(); ++i) excess[clusters[i]] += successes[i] - share;
  double squares = 0;
  for (const auto& [cluster, sum] : excess) squares += sum * sum;
  const auto count = static_cast<double>(excess.size());
  const double variance = share * (1 - share) * n;  // of independent trials, times n^2
  const double effect =
      count > 1 && variance > 0 ? std::max(1.0, squares * count / (count - 1) / variance) : n / count;
  const auto worth = std::max<std::int64_t>(1, static_cast<std::int64_t>(n / effect));
  Interval interval = wilson_interval(share * static_cast<double>(worth), worth);
  interval.value = share;
  return interval;
}

double pearson(std::span<const double> x, std::span<const double> y) {
  require(x.size() == y.size(), "A correlation needs as many values on both sides; here {} and {}.", x.size(),
          y.size());
  if (x.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double x_mean = mean(x), y_mean = mean(y);
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - x_mean) * (x[i] - x_mean);
    yy += (y[i] - y_mean) * (y[i] - y_mean);
    xy += (x[i] - x_mean) * (y[i] - y_mean);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : std::numeric_limits<double>::quiet_NaN();
}

double best_of_n_kl(std::int64_t n) {
  require(n > 0, "Best of n needs n of at least 1, and it is {}.", n);
  const auto samples = static_cast<double>(n);
  return std::log(samples) - (samples - 1) / samples;
}

double best_of_n(std::span<const double> proxy, std::span<const double> gold, std::int64_t n) {
  const auto samples = std::ssize(proxy);
  require(proxy.size() == gold.size() && n > 0 && n <= samples,
          "Best of {} needs at least as many samples, each with a proxy and a gold score; here {} and {}.", n,
          samples, gold.size());
  for (std::int64_t i = 0; i < samples; ++i) {
    const auto at = static_cast<std::size_t>(i);
    require(!std::isnan(proxy[at]) && !std::isnan(gold[at]),
            "Best of {}: sample {} could not be scored, so it cannot be ranked; choose a reward that scores "
            "every completion of these prompts.",
            n, i + 1);
  }
  const std::vector<double> sorted = gold_by_proxy(proxy, gold);
  // The i-th lowest of N is the best of a random n of them with probability C(i - 1, n - 1) / C(N, n).
  double probability = static_cast<double>(n) / static_cast<double>(samples), expected = 0;
  for (std::int64_t i = samples; i >= n; --i) {
    expected += probability * sorted[i - 1];
    if (i > 1) probability *= static_cast<double>(i - n) / static_cast<double>(i - 1);
  }
  return expected;
}

}  // namespace nudge
