#include "preference/agreement.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace nudge {
namespace {

TEST(Agreement, OfAHandComputedTable) {
  // Observed 3/4; shares (1/2, 1/2) and (1/4, 3/4): expected 1/2; kappa (3/4 - 1/2) / (1/2).
  const Labels items = {{1, 1}, {1, 2}, {2, 2}, {2, 2}};
  EXPECT_DOUBLE_EQ(observed_agreement(items), 0.75);
  EXPECT_NEAR(cohen_kappa(items, 0, 1), 0.5, 1e-12);
  EXPECT_NEAR(cohen_kappa(items, 0, 0), 1, 1e-12);
}

TEST(Agreement, OfFleissOwnExample) {
  // The table of Fleiss (1971) as reprinted everywhere: 10 items, 14 raters, 5 labels, kappa 0.2099.
  const int votes[10][5] = {{0, 0, 0, 0, 14}, {0, 2, 6, 4, 2}, {0, 0, 3, 5, 6}, {0, 3, 9, 2, 0},
                            {2, 2, 8, 1, 1},  {7, 7, 0, 0, 0}, {3, 2, 6, 3, 0}, {2, 5, 3, 2, 2},
                            {6, 5, 2, 1, 0},  {0, 2, 2, 3, 7}};
  Labels items;
  for (const auto& row : votes) {
    items.emplace_back();
    for (int label = 0; label < 5; ++label) items.back().insert(items.back().end(), row[label], label);
  }
  EXPECT_NEAR(fleiss(items).kappa, 0.2099, 5e-5);
  EXPECT_NEAR(fleiss(items).observed, 0.3780, 5e-5);
  EXPECT_NEAR(fleiss(items).expected, 0.2128, 5e-5);
}

// PandaLM's test set (Wang et al. 2023), three people on 999 pairs: how often each three labels were given.
TEST(Agreement, OfThreePeopleOnPandaLm) {
  const int counts[3][3][3] = {{{85, 2, 2}, {0, 0, 0}, {4, 0, 4}},
                               {{5, 11, 0}, {10, 368, 10}, {0, 12, 11}},
                               {{7, 0, 4}, {0, 11, 18}, {2, 7, 426}}};
  Labels items;
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < 3; ++c) items.insert(items.end(), counts[a][b][c], {a, b, c});
  ASSERT_EQ(items.size(), 999u);
  auto raw_agreement = [&](std::size_t first, std::size_t second) {
    Labels two;
    for (const std::vector<int>& item : items) two.push_back({item[first], item[second]});
    return observed_agreement(two);
  };
  EXPECT_NEAR(raw_agreement(0, 1), 0.9129, 5e-5);
  EXPECT_NEAR(raw_agreement(0, 2), 0.9289, 5e-5);
  EXPECT_NEAR(raw_agreement(1, 2), 0.9179, 5e-5);
  EXPECT_NEAR(cohen_kappa(items, 0, 1), 0.8520, 5e-5);
  EXPECT_NEAR(cohen_kappa(items, 0, 2), 0.8789, 5e-5);
  EXPECT_NEAR(cohen_kappa(items, 1, 2), 0.8617, 5e-5);
  const Fleiss all = fleiss(items);
  EXPECT_NEAR(all.kappa, 0.864175, 5e-7);
  EXPECT_NEAR(all.observed, 0.919920, 5e-7);
  EXPECT_NEAR(all.expected, 0.410416, 5e-7);
}

/// Krippendorff (2011), section C: four observers, twelve units, gaps; labels 1 to 5 here 0 to 4.
const Labels kKrippendorff = {{0, 0, -1, 0}, {1, 1, 2, 1},  {2, 2, 2, 2},   {2, 2, 2, 2},
                              {1, 1, 1, 1},  {0, 1, 2, 3},  {3, 3, 3, 3},   {0, 0, 1, 0},
                              {1, 1, 1, 1},  {-1, 4, 4, 4}, {-1, -1, 0, 0}, {-1, 2, -1, -1}};

TEST(Agreement, AlphaOfKrippendorffsOwnExample) {
  EXPECT_NEAR(krippendorff_alpha(kKrippendorff, Distance::nominal), 0.743, 5e-4);
  EXPECT_NEAR(krippendorff_alpha(kKrippendorff, Distance::ordinal), 0.815, 5e-4);
}

/// By its definition: one minus the mean disagreement within items over that of any two labels at all.
double slow_nominal_alpha(const Labels& items) {
  std::vector<int> all;
  double within = 0;
  for (const auto& item : items) {
    std::vector<int> given;
    for (const int label : item)
      if (label != kNoLabel) given.push_back(label);
    if (given.size() < 2) continue;
    all.insert(all.end(), given.begin(), given.end());
    for (std::size_t i = 0; i < given.size(); ++i)
      for (std::size_t j = 0; j < given.size(); ++j)
        if (i != j) within += (given[i] != given[j]) / static_cast<double>(given.size() - 1);
  }
  double across = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < all.size(); ++j)
      if (i != j) across += all[i] != all[j];
  const auto n = static_cast<double>(all.size());
  return 1 - (within / n) / (across / (n * (n - 1)));
}

Labels random_labels(std::size_t count, std::size_t raters, double gaps) {
  Stream stream(3, "labels");
  Labels items(count, std::vector<int>(raters));
  for (auto& item : items) {
    const auto truth = static_cast<int>(stream.below(3));
    for (int& label : item) {
      label = stream.chance(.6) ? truth : static_cast<int>(stream.below(3));
      if (stream.chance(gaps)) label = kNoLabel;
    }
  }
  return items;
}

TEST(Agreement, AlphaEqualsItsSlowTwin) {
  const Labels items = random_labels(200, 5, .4);
  EXPECT_NEAR(krippendorff_alpha(items, Distance::nominal), slow_nominal_alpha(items), 1e-12);
}

/// Cohen's kappa by its definition (p_o - p_e) / (1 - p_e), of raters without gaps.
double slow_cohen_kappa(const Labels& items, std::size_t first, std::size_t second) {
  const auto count = static_cast<double>(items.size());
  double same = 0, by_chance = 0;
  for (const std::vector<int>& item : items) {
    same += item[first] == item[second];
    for (const std::vector<int>& other : items) by_chance += item[first] == other[second];
  }
  const double expected = by_chance / (count * count);
  return (same / count - expected) / (1 - expected);
}

/// Fleiss' kappa from every two labels, of raters without gaps.
double slow_fleiss_kappa(const Labels& items) {
  double agreeing = 0, pairs = 0, by_chance = 0, all = 0;
  for (const std::vector<int>& item : items)
    for (std::size_t a = 0; a < item.size(); ++a)
      for (const std::vector<int>& other : items)
        for (std::size_t b = 0; b < other.size(); ++b) {
          ++all;
          by_chance += item[a] == other[b];
          if (&item != &other || a == b) continue;
          ++pairs;
          agreeing += item[a] == other[b];
        }
  const double expected = by_chance / all;
  return (agreeing / pairs - expected) / (1 - expected);
}

TEST(Agreement, WithoutGapsEqualsItsSlowTwins) {
  const Labels items = random_labels(300, 4, 0);
  EXPECT_NEAR(fleiss(items).kappa, slow_fleiss_kappa(items), 1e-12);
  EXPECT_NEAR(fleiss(items).observed, observed_agreement(items), 1e-12);
  EXPECT_NEAR(cohen_kappa(items, 1, 3), slow_cohen_kappa(items, 1, 3), 1e-12);
}

TEST(Agreement, WeightsAreRepetitions) {
  const Labels items = random_labels(40, 3, .3);
  Labels repeated;
  std::vector<double> weights;
  for (std::size_t i = 0; i < items.size(); ++i) {
    weights.push_back(static_cast<double>(i % 3));
    repeated.insert(repeated.end(), i % 3, items[i]);
  }
  for (const Distance distance : {Distance::nominal, Distance::ordinal})
    EXPECT_NEAR(krippendorff_alpha(items, distance, weights), krippendorff_alpha(repeated, distance), 1e-12);
  EXPECT_NEAR(fleiss(items, weights).kappa, fleiss(repeated).kappa, 1e-12);
  EXPECT_NEAR(cohen_kappa(items, 0, 1, weights), cohen_kappa(repeated, 0, 1), 1e-12);
}

TEST(Agreement, WithoutVariationIsUndefined) {
  const Labels same = {{1, 1, 1}, {1, 1, 1}};
  EXPECT_DOUBLE_EQ(observed_agreement(same), 1);
  EXPECT_TRUE(std::isnan(cohen_kappa(same, 0, 1)));
  EXPECT_TRUE(std::isnan(fleiss(same).kappa));
  EXPECT_TRUE(std::isnan(krippendorff_alpha(same, Distance::ordinal)));
}

TEST(Agreement, WithoutPairsIsUndefined) {
  for (const Labels& items : {Labels{}, Labels{{1}}, Labels{{1, kNoLabel}}}) {
    EXPECT_TRUE(std::isnan(observed_agreement(items)));
    EXPECT_TRUE(std::isnan(fleiss(items).kappa));
  }
  EXPECT_TRUE(std::isnan(cohen_kappa({}, 0, 1)));
  EXPECT_TRUE(std::isnan(cohen_kappa({{1, kNoLabel}}, 0, 1)));
}

// Three items of 3, 2 and 2 labels by hand: P = (1/3 + 1 + 1) / 3, and P_e of the seven labels pooled, not of
// the items' mean shares, which would give 22 / 40.
TEST(Agreement, OfFleissPoolsAllLabelsWhereItemsHaveUnequalNumbers) {
  const Labels items = {{0, 0, 1}, {0, 0, kNoLabel}, {1, 1, kNoLabel}};
  EXPECT_NEAR(fleiss(items).kappa, (7. / 9 - 25. / 49) / (1 - 25. / 49), 1e-12);
}

}  // namespace
}  // namespace nudge
