#include "training/trend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace nudge {
namespace {

TEST(Trend, TellsBothEndsWithoutMixingThem) {
  Trend trend;
  EXPECT_TRUE(std::isnan(trend.from()) && std::isnan(trend.to()));
  trend.add(4);
  EXPECT_EQ(trend.from(), 4);
  EXPECT_EQ(trend.to(), 4);
  EXPECT_EQ(trend.error(), std::numeric_limits<double>::infinity());
  for (const double value : {6, 1, 3}) trend.add(value);
  EXPECT_EQ(trend.window(), 2);
  EXPECT_EQ(trend.from(), 5);
  EXPECT_EQ(trend.to(), 2);
  for (int i = 0; i < 96; ++i) trend.add(i < 91 ? 0 : 10);
  EXPECT_EQ(trend.window(), Trend::kWindow);
  EXPECT_EQ(trend.from(), (4 + 6 + 1 + 3 + 0) / 5.0);
  EXPECT_EQ(trend.to(), 10);
}

TEST(Trend, LeavesOutWhatWasNotMeasured) {
  Trend trend;
  for (const double value : {1.0, std::nan(""), 3.0, std::nan("")}) trend.add(value);
  EXPECT_EQ(trend.count(), 2);
  EXPECT_EQ(trend.from(), 1);
  EXPECT_EQ(trend.to(), 3);
}

// A slope that is small beside the jumps hardly widens the error: sigma^2 = sum of squared jumps / (2 (n -
// 1)).
TEST(Trend, ErrsByItsJumpsNotByItsSlope) {
  Trend flat, rising;
  double jumps = 0, last = 0;
  for (int i = 0; i < 40; ++i) {
    const double noise = i % 2 == 0 ? 1 : -1;
    flat.add(noise);
    rising.add(noise + 0.02 * i);
    if (i > 0) jumps += (noise - last) * (noise - last);
    last = noise;
  }
  EXPECT_NEAR(flat.error(), std::sqrt(2 * jumps / (2 * 39) / 5), 1e-12);
  EXPECT_NEAR(rising.error(), flat.error(), 0.01);
}

TEST(Trend, GoesOnFromWhatACheckpointHolds) {
  Trend whole, first;
  for (int i = 0; i < 7; ++i) whole.add(i * i / 3.0), first.add(i * i / 3.0);
  Trend second;
  second.restore(parse_json(to_line(first.json()), "test"));
  for (int i = 7; i < 12; ++i) whole.add(i * i / 3.0), second.add(i * i / 3.0);
  EXPECT_EQ(to_line(whole.json()), to_line(second.json()));
}

}  // namespace
}  // namespace nudge
