#include "preference/bootstrap.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace nudge {
namespace {

TEST(Bootstrap, OfAMeanIsTheNormalInterval) {
  std::vector<double> values;
  Stream stream(1, "values");
  for (int i = 0; i < 400; ++i) values.push_back(stream.normal());
  auto mean = [&](std::span<const double> weights) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += weights[i] * values[i];
    return sum / static_cast<double>(values.size());
  };
  const Interval drawn = bootstrap_interval(values.size(), mean, {.resamples = 4000});
  const Interval normal = mean_interval(values);
  EXPECT_DOUBLE_EQ(drawn.value, normal.value);
  EXPECT_NEAR(drawn.low, normal.low, .008);
  EXPECT_NEAR(drawn.high, normal.high, .008);
  EXPECT_EQ(drawn.low, bootstrap_interval(values.size(), mean, {.resamples = 4000}).low);
}

}  // namespace
}  // namespace nudge
