#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace nudge {
namespace {

// Every run that was ever made depends on these numbers.
TEST(Random, StreamsNeverChange) {
  Stream stream(42, "sampling", 7);
  EXPECT_EQ(stream(), 383365743340937080u);
  EXPECT_EQ(stream(), 4860968095822797715u);
  EXPECT_DOUBLE_EQ(stream.uniform(), 0.58749422409122076);
  EXPECT_EQ(stream.below(1000), 980u);
  EXPECT_NEAR(stream.normal(), 0.22622971936042879, 1e-12);
  EXPECT_EQ(Stream(1, "shuffle").permutation(8), (std::vector<std::int64_t>{0, 4, 6, 5, 3, 7, 1, 2}));
}

TEST(Random, EachPartOfTheNameMakesAnotherStream) {
  const auto first = [](Stream stream) { return stream(); };
  std::set<std::uint64_t> values{first(Stream(1, "a", 0)), first(Stream(2, "a", 0)),
                                 first(Stream(1, "b", 0)), first(Stream(1, "a", 1)),
                                 first(Stream(1, "", 0)),  first(Stream(0, "a", 0))};
  EXPECT_EQ(values.size(), 6u);
  for (std::uint64_t index = 0; index < 10'000; ++index) values.insert(first(Stream(1, "many", index)));
  EXPECT_EQ(values.size(), 10'006u);
}

TEST(Random, UniformHasItsMeanAndVarianceWithinAndAcrossStreams) {
  constexpr int kDraws = 200'000;
  Stream one(3, "uniform");
  for (bool across : {false, true}) {
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double u = across ? Stream(3, "uniform", i).uniform() : one.uniform();
      ASSERT_TRUE(u >= 0 && u < 1);
      sum += u;
      squares += u * u;
    }
    const double mean = sum / kDraws;
    EXPECT_NEAR(mean, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
    EXPECT_NEAR(squares / kDraws - mean * mean, 1.0 / 12, 0.001);
  }
}

TEST(Random, BelowIsUniformByChiSquared) {
  constexpr int kCells = 7, kDraws = 70'000;
  std::vector<double> counts(kCells);
  Stream stream(5, "below");
  for (int i = 0; i < kDraws; ++i) counts[stream.below(kCells)] += 1;
  double chi_squared = 0;
  for (double count : counts) chi_squared += (count - 10'000) * (count - 10'000) / 10'000;
  EXPECT_LT(chi_squared, 22.5);  // 6 degrees of freedom, 0.999
  EXPECT_EQ(stream.below(1), 0u);
  EXPECT_LT(stream.below(~std::uint64_t{0}), ~std::uint64_t{0});
}

TEST(Random, NormalHasItsMoments) {
  constexpr int kDraws = 200'000;
  Stream stream(9, "normal");
  double moments[4] = {};
  for (int i = 0; i < kDraws; ++i) {
    const double x = stream.normal();
    ASSERT_TRUE(std::isfinite(x));
    for (int k = 0; k < 4; ++k) moments[k] += std::pow(x, k + 1) / kDraws;
  }
  EXPECT_NEAR(moments[0], 0, 0.012);
  EXPECT_NEAR(moments[1], 1, 0.02);
  EXPECT_NEAR(moments[2], 0, 0.05);
  EXPECT_NEAR(moments[3], 3, 0.12);
}

TEST(Random, ChanceAndPermutation) {
  Stream stream(11, "chance");
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) hits += stream.chance(0.3);
  EXPECT_NEAR(hits, 3000, 5 * std::sqrt(10'000 * 0.3 * 0.7));
  EXPECT_FALSE(stream.chance(0));
  EXPECT_TRUE(stream.chance(1));
  auto order = stream.permutation(1000);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(order[i], i);
}

}  // namespace
}  // namespace nudge
