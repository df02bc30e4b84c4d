#include "preference/agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/json.h"

namespace nudge {
namespace {

TEST(Agreement, OfAHandComputedTable) {
  // Observed 3/4; shares (1/2, 1/2) and (1/4, 3/4): expected 1/2; kappa (3/4 - 1/2) / (1/2).
  const std::vector<int> first = {1, 1, 2, 2}, second = {1, 2, 2, 2};
  EXPECT_DOUBLE_EQ(raw_agreement(first, second), 0.75);
  EXPECT_NEAR(cohen_kappa(first, second), 0.5, 1e-12);
  EXPECT_NEAR(cohen_kappa(first, first), 1, 1e-12);
}

TEST(Agreement, OfFleissOwnExample) {
  // The table of Fleiss (1971) as reprinted everywhere: 10 items, 14 raters, 5 labels, kappa 0.2099.
  const int votes[10][5] = {{0, 0, 0, 0, 14}, {0, 2, 6, 4, 2}, {0, 0, 3, 5, 6}, {0, 3, 9, 2, 0},
                            {2, 2, 8, 1, 1},  {7, 7, 0, 0, 0}, {3, 2, 6, 3, 0}, {2, 5, 3, 2, 2},
                            {6, 5, 2, 1, 0},  {0, 2, 2, 3, 7}};
  std::vector<std::vector<int>> items;
  for (const auto& row : votes) {
    items.emplace_back();
    for (int label = 0; label < 5; ++label) items.back().insert(items.back().end(), row[label], label);
  }
  EXPECT_NEAR(fleiss_kappa(items), 0.2099, 5e-5);
  EXPECT_NEAR(fleiss(items).observed, 0.3780, 5e-5);
  EXPECT_NEAR(fleiss(items).expected, 0.2128, 5e-5);
}

TEST(Agreement, OfThreePeopleOnPandaLm) {
  const std::string path = NUDGE_SOURCE_DIR "/../shared/data/pref/pandalm-testset-v1.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent.";
  // Some records hold booleans where a text should be; the labels are whole.
  std::vector<std::vector<int>> items;
  std::vector<int> raters[3];
  for (const Json& record : read_json(path)) {
    items.emplace_back();
    for (int rater = 0; rater < 3; ++rater) {
      items.back().push_back(get<int>(record, "annotator" + std::to_string(rater + 1), "PandaLM"));
      raters[rater].push_back(items.back().back());
    }
  }
  ASSERT_EQ(items.size(), 999u);
  EXPECT_NEAR(raw_agreement(raters[0], raters[1]), 0.9129, 5e-5);
  EXPECT_NEAR(raw_agreement(raters[0], raters[2]), 0.9289, 5e-5);
  EXPECT_NEAR(raw_agreement(raters[1], raters[2]), 0.9179, 5e-5);
  EXPECT_NEAR(cohen_kappa(raters[0], raters[1]), 0.8520, 5e-5);
  EXPECT_NEAR(cohen_kappa(raters[0], raters[2]), 0.8789, 5e-5);
  EXPECT_NEAR(cohen_kappa(raters[1], raters[2]), 0.8617, 5e-5);
  const Fleiss all = fleiss(items);
  EXPECT_NEAR(all.kappa, 0.864175, 5e-7);
  EXPECT_NEAR(all.observed, 0.919920, 5e-7);
  EXPECT_NEAR(all.expected, 0.410416, 5e-7);
}

TEST(Agreement, WithoutAnyVariationIsUndefined) {
  const std::vector<int> same = {1, 1, 1};
  EXPECT_DOUBLE_EQ(raw_agreement(same, same), 1);
  EXPECT_TRUE(std::isnan(cohen_kappa(same, same)));
  EXPECT_TRUE(std::isnan(fleiss_kappa({{1, 1, 1}, {1, 1, 1}})));
}

TEST(Agreement, RefusesTablesThatDoNotMatch) {
  const std::vector<int> two = {1, 2}, three = {1, 2, 3}, none;
  EXPECT_THROW(raw_agreement(two, three), Error);
  EXPECT_THROW(cohen_kappa(none, none), Error);
  EXPECT_THROW(fleiss_kappa({}), Error);
  EXPECT_THROW(fleiss_kappa({{1}}), Error);
  EXPECT_THROW(fleiss_kappa({{1, 2}, {1, 2, 1}}), Error);
}

}  // namespace
}  // namespace nudge
