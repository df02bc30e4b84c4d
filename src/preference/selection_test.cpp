#include "preference/selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace nudge {
namespace {

TEST(Selection, DisagreementIsTheSpreadOfTheDifference) {
  // Differences of the two answers: 1, 3, 2. Standard deviation sqrt(2/3); a common shift of both is nothing.
  EXPECT_NEAR(disagreement({{1, 0}, {13, 10}, {7, 5}}), std::sqrt(2. / 3), 1e-12);
  EXPECT_EQ(disagreement({{1, 0}}), 0);
  // Of three answers, the pair that is most in dispute.
  EXPECT_NEAR(disagreement({{0, 0, 4}, {0, 0, -4}}), 4, 1e-12);
}

TEST(Selection, UncertaintyIsASmallMargin) {
  EXPECT_NEAR(uncertainty({{1, 0}, {0, 4}}), -1.5, 1e-12);
  EXPECT_NEAR(uncertainty({{5, 1, 1.5}}), -.5, 1e-12);
  EXPECT_THROW(uncertainty({{1}}), Error);
  EXPECT_THROW(uncertainty({{1, 2}, {1, 2, 3}}), Error);
  EXPECT_THROW(disagreement({{1, std::nan("")}}), Error);
}

TEST(Selection, AsksTheLargestFirstAndKeepsARandomShare) {
  const std::vector<double> values = {1, 9, 4, 9};
  EXPECT_EQ(asking_order(values, 0, 1), (std::vector<std::size_t>{1, 3, 2, 0}));
  EXPECT_EQ(priorities(asking_order(values, 0, 1)), (std::vector<double>{.25, 1, .5, .75}));

  std::vector<double> many(1000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  const std::vector<std::size_t> order = asking_order(many, .3, 7);
  std::vector<std::size_t> sorted = order;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) ASSERT_EQ(sorted[i], i);  // each once
  // Of the first 500, about 350 are the best left (from the top) and the others lie anywhere.
  const auto low = std::count_if(order.begin(), order.begin() + 500, [](std::size_t i) { return i < 500; });
  EXPECT_NEAR(static_cast<double>(low), .3 * 500 * .6, 30);
  EXPECT_EQ(order, asking_order(many, .3, 7));
  EXPECT_NE(order, asking_order(many, .3, 8));
  EXPECT_THROW(asking_order(values, 1.5, 0), Error);
}

}  // namespace
}  // namespace nudge
