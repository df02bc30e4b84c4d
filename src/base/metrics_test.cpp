#include "base/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace nudge {
namespace {

TEST(Metrics, KeepTheOrderInWhichNamesWereFirstSet) {
  Metrics metrics;
  metrics.set("loss", 2);
  metrics.set("accuracy", 0.5);
  metrics.set("loss", 1);
  std::string names;
  for (const auto& [name, value] : metrics) names += name + " ";
  EXPECT_EQ(names, "loss accuracy ");
  Metrics all;
  all.merge(metrics, "eval_");
  const std::map<std::string, double> named(all.begin(), all.end());
  EXPECT_EQ(named, (std::map<std::string, double>{{"eval_loss", 1}, {"eval_accuracy", 0.5}}));
}

TEST(MetricSums, SplittingDoesNotChangeTheMean) {
  MetricSums whole, left, right;
  whole.add("loss", 1 + 2 + 6, 4);
  left.add("loss", 1, 1);
  right.add("loss", 2 + 6, 3);
  right.add("entropy", 3, 2);
  left.merge(right);
  const auto named = [](const MetricSums& sums) {
    const Metrics values = sums.values();
    return std::map<std::string, double>(values.begin(), values.end());
  };
  EXPECT_EQ(named(left)["loss"], named(whole)["loss"]);
  EXPECT_EQ(named(left)["entropy"], 1.5);
}

TEST(MetricSums, MergeWhatIsNoMean) {
  MetricSums left, right;
  left.add_variance("spread", 1 + 2, 1 + 4, 2);
  left.lowest("low", 3);
  left.highest("high", 3);
  right.add_variance("spread", 3, 9, 1);
  right.lowest("low", -1);
  right.highest("high", 7);
  left.merge(right);
  std::vector<double> values;
  for (const auto& [name, value] : left.values()) values.push_back(value);
  ASSERT_EQ(values.size(), 3U);
  EXPECT_NEAR(values[0], 2.0 / 3, 1e-12);
  EXPECT_EQ(values[1], -1);
  EXPECT_EQ(values[2], 7);
}

// What is read again is found by its object, so that another name in the log, or none, changes nothing.
TEST(MetricSums, AreReadByTheMetricAndNeverByItsName) {
  static constexpr Metric accuracy{"accuracy"}, namesake{"accuracy"};
  const auto filled = [] {
    MetricSums sums;
    sums.add(accuracy, 3, 4);
    return sums;
  };
  const NamelessMetrics nameless;
  EXPECT_EQ(filled().mean(accuracy), 0.75);
  EXPECT_EQ(filled().count(accuracy), 4);
  EXPECT_TRUE(std::isnan(filled().mean(namesake)));
  EXPECT_EQ(filled().count(namesake), 0);
  EXPECT_TRUE(filled().values().empty());
}

}  // namespace
}  // namespace nudge
