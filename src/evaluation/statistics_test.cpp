#include "evaluation/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/random.h"

namespace nudge {
namespace {

TEST(Pearson, KnowsLinesAndConstants) {
  const std::vector<double> x{1, 2, 3, 4, 5}, y{2, 1, 4, 3, 7};
  EXPECT_NEAR(pearson(x, y), 12 / std::sqrt(10 * 21.2), 1e-12);
  std::vector<double> down;
  for (double value : x) down.push_back(-3 * value + 1);
  EXPECT_NEAR(pearson(x, down), -1, 1e-12);
  EXPECT_TRUE(std::isnan(pearson(x, std::vector<double>(5, 2.0))));
  EXPECT_THROW(pearson(x, std::vector<double>(4, 2.0)), Error);
}

TEST(BestOfN, DivergenceIsGaosFormula) {
  EXPECT_DOUBLE_EQ(best_of_n_kl(1), 0);
  EXPECT_NEAR(best_of_n_kl(4), .636294361, 1e-9);
  EXPECT_NEAR(best_of_n_kl(16), 1.835088722, 1e-9);
  EXPECT_NEAR(best_of_n_kl(64), 3.174508083, 1e-9);
}

// The slow twin: every subset of n samples, its best by proxy, ties shared.
double best_of_n_by_subsets(const std::vector<double>& proxy, const std::vector<double>& gold, int n) {
  double sum = 0, subsets = 0;
  for (unsigned chosen = 0; chosen < (1u << proxy.size()); ++chosen) {
    if (__builtin_popcount(chosen) != n) continue;
    double best = -1e9, best_gold = 0, tied = 0;
    for (std::size_t i = 0; i < proxy.size(); ++i) {
      if (!(chosen >> i & 1u)) continue;
      if (proxy[i] > best) best = proxy[i], best_gold = 0, tied = 0;
      if (proxy[i] == best) best_gold += gold[i], tied += 1;
    }
    sum += best_gold / tied;
    subsets += 1;
  }
  return sum / subsets;
}

TEST(BestOfN, IsTheMeanOverAllSubsets) {
  Stream random(3, "best-of-n test");
  std::vector<double> proxy, gold;
  for (int i = 0; i < 9; ++i) {
    proxy.push_back(random.normal());
    gold.push_back(random.normal());
  }
  for (int n = 1; n <= 9; ++n)
    EXPECT_NEAR(best_of_n(proxy, gold, n), best_of_n_by_subsets(proxy, gold, n), 1e-12) << n;
  EXPECT_THROW(best_of_n(proxy, gold, 10), Error);
  EXPECT_THROW(best_of_n(proxy, gold, 0), Error);
}

TEST(BestOfN, SharesTiesInTheProxy) {
  const std::vector<double> constant(6, 1.0), gold{0, 1, 2, 3, 4, 5};
  EXPECT_NEAR(best_of_n(constant, gold, 3), 2.5, 1e-12);
  EXPECT_NEAR(best_of_n(gold, gold, 6), 5, 1e-12);
}

}  // namespace
}  // namespace nudge
