#include "base/interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/error.h"

namespace nudge {
namespace {

TEST(MeanInterval, IsMeanAndStandardError) {
  const std::vector<double> values{1, 2, 3, 4, 5};  // standard deviation sqrt(2.5), standard error sqrt(.5)
  const Interval mean = mean_interval(values);
  EXPECT_DOUBLE_EQ(mean.value, 3);
  EXPECT_NEAR(mean.high - mean.value, 1.959963985 * std::sqrt(.5), 1e-9);
  EXPECT_NEAR(mean.value - mean.low, 1.959963985 * std::sqrt(.5), 1e-9);
  EXPECT_THROW(mean_interval({}), Error);
}

// Newcombe 1998, table 1: Wilson's interval of 81/263, 15/148, 0/20 and 1/29.
TEST(WilsonInterval, AgreesWithNewcombe) {
  struct Row {
    double successes;
    std::int64_t n;
    double low, high;
  };
  for (const Row& row :
       {Row{81, 263, .2553, .3662}, {15, 148, .0624, .1605}, {0, 20, 0, .1611}, {1, 29, .0061, .1718}}) {
    const Interval share = wilson_interval(row.successes, row.n);
    EXPECT_NEAR(share.low, row.low, 5e-5);
    EXPECT_NEAR(share.high, row.high, 5e-5);
    EXPECT_DOUBLE_EQ(share.value, row.successes / static_cast<double>(row.n));
  }
  EXPECT_THROW(wilson_interval(0, 0), Error);
  EXPECT_THROW(wilson_interval(3, 2), Error);
}

TEST(Share, CountsOnlyWhatDiffers) {
  Share share;
  share.count(true);
  share.count_better(true, 1, 2);
  share.count_better(true, 3, 2);
  share.count_better(false, 2, 2);
  EXPECT_EQ(share.trials, 3);
  EXPECT_NEAR(share.interval().value, 2. / 3, 1e-12);
}

}  // namespace
}  // namespace nudge
