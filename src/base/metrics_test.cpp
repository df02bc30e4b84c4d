#include "base/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

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
  EXPECT_EQ(metrics.get("loss"), 1);
  EXPECT_TRUE(std::isnan(metrics.get("absent")));
  Metrics all;
  all.merge(metrics, "eval_");
  EXPECT_EQ(all.get("eval_accuracy"), 0.5);
}

TEST(MetricSums, SplittingDoesNotChangeTheMean) {
  MetricSums whole, left, right;
  whole.add("loss", 1 + 2 + 6, 4);
  left.add("loss", 1, 1);
  right.add("loss", 2 + 6, 3);
  right.add("entropy", 3, 2);
  left.merge(right);
  EXPECT_EQ(left.means().get("loss"), whole.means().get("loss"));
  EXPECT_EQ(left.means().get("entropy"), 1.5);
  EXPECT_EQ(left.count("loss"), 4);
  EXPECT_EQ(left.count("absent"), 0);
}

}  // namespace
}  // namespace nudge
