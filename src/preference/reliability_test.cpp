#include "preference/reliability.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "preference/agreement.h"
#include "preference/agreement_report.h"

namespace nudge {
namespace {

std::vector<double> once(const Labels& items) {
  return std::vector<double>(items.size(), 1.0);
}

/// Krippendorff (2011), section C: four observers, twelve units, gaps; labels 1 to 5 here 0 to 4.
const Labels kKrippendorff = {{0, 0, -1, 0}, {1, 1, 2, 1},  {2, 2, 2, 2},   {2, 2, 2, 2},
                              {1, 1, 1, 1},  {0, 1, 2, 3},  {3, 3, 3, 3},   {0, 0, 1, 0},
                              {1, 1, 1, 1},  {-1, 4, 4, 4}, {-1, -1, 0, 0}, {-1, 2, -1, -1}};

TEST(Reliability, AlphaOfKrippendorffsOwnExample) {
  EXPECT_NEAR(krippendorff_alpha(kKrippendorff, Distance::nominal, once(kKrippendorff)), 0.743, 5e-4);
  EXPECT_NEAR(krippendorff_alpha(kKrippendorff, Distance::ordinal, once(kKrippendorff)), 0.815, 5e-4);
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

TEST(Reliability, AlphaEqualsItsSlowTwin) {
  const Labels items = random_labels(200, 5, .4);
  EXPECT_NEAR(krippendorff_alpha(items, Distance::nominal, once(items)), slow_nominal_alpha(items), 1e-12);
}

TEST(Reliability, WithoutGapsIsFleissAndCohen) {
  const Labels items = random_labels(300, 4, 0);
  EXPECT_NEAR(observed_agreement(items, once(items)), fleiss(items).observed, 1e-12);
  EXPECT_NEAR(fleiss_kappa(items, once(items)), fleiss(items).kappa, 1e-12);
  std::vector<int> first, second;
  for (const auto& item : items) {
    first.push_back(item[1]);
    second.push_back(item[3]);
  }
  EXPECT_NEAR(cohen_kappa(items, 1, 3, once(items)), cohen_kappa(first, second), 1e-12);
}

TEST(Reliability, WeightsAreRepetitions) {
  const Labels items = random_labels(40, 3, .3);
  Labels repeated;
  std::vector<double> weights;
  for (std::size_t i = 0; i < items.size(); ++i) {
    weights.push_back(static_cast<double>(i % 3));
    repeated.insert(repeated.end(), i % 3, items[i]);
  }
  for (const Distance distance : {Distance::nominal, Distance::ordinal})
    EXPECT_NEAR(krippendorff_alpha(items, distance, weights),
                krippendorff_alpha(repeated, distance, once(repeated)), 1e-12);
  EXPECT_NEAR(fleiss_kappa(items, weights), fleiss_kappa(repeated, once(repeated)), 1e-12);
  EXPECT_NEAR(cohen_kappa(items, 0, 1, weights), cohen_kappa(repeated, 0, 1, once(repeated)), 1e-12);
}

TEST(Reliability, WithoutVariationOrPairsIsUndefined) {
  EXPECT_TRUE(std::isnan(krippendorff_alpha({{1, 1}, {1, 1}}, Distance::ordinal, std::vector{1., 1.})));
  EXPECT_TRUE(std::isnan(fleiss_kappa({{1, kNoLabel}}, std::vector{1.})));
  EXPECT_TRUE(std::isnan(observed_agreement({}, {})));
}

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

Vote vote(const std::string& rater, std::vector<std::int64_t> ranks, Outcome outcome = Outcome::compared) {
  return {.comparison = "c", .outcome = outcome, .ranks = std::move(ranks), .rater = rater};
}

TEST(LabelTable, TakesRankingsApartAndLeavesGaps) {
  const std::vector<Comparison> comparisons = {
      {.id = "c", .prompt = {.text = "p"}, .answers = {{"x"}, {"y"}, {"z"}}}};
  const std::vector<Vote> votes = {vote("ben", {0, 1, 1}), vote("ann", {}, Outcome::both_bad),
                                   vote("eve", {}, Outcome::cannot_judge), vote("ben", {1, 0, 0})};
  const LabelTable table = label_table(comparisons, votes);
  EXPECT_EQ(table.raters, (std::vector<std::string>{"ann", "ben"}));
  EXPECT_EQ(table.labels, (Labels{{kBothBad, kFirstBetter}, {kBothBad, kFirstBetter}, {kBothBad, kTie}}));
  const AgreementReport report = agreement_report(table, {.resamples = 10});
  EXPECT_EQ(report.raw->interval.value, 0);
  EXPECT_FALSE(report.krippendorff_ordinal);  // no pair has two labels in order
  EXPECT_EQ(to_json(report)["krippendorff_ordinal"], nullptr);
}

TEST(AgreementReport, IsTheStatisticsWithTheirBootstrapOverComparisons) {
  // Rankings of three by two raters, some of them alike: the slow twin keeps every item by itself.
  std::vector<Comparison> comparisons;
  std::vector<Vote> votes;
  Stream stream(9, "votes");
  for (int i = 0; i < 60; ++i) {
    comparisons.push_back(
        {.id = std::to_string(i), .prompt = {.text = "p"}, .answers = {{"x"}, {"y"}, {"z"}}});
    for (const char* rater : {"ann", "ben"})
      votes.push_back(
          {.comparison = std::to_string(i),
           .ranks = stream.chance(.6) ? std::vector<std::int64_t>{0, 1, 2} : stream.permutation(3),
           .rater = rater});
  }
  const LabelTable table = label_table(comparisons, votes);
  auto slow = [&](auto statistic) {
    return bootstrap_interval(comparisons.size(),
                              [&](std::span<const double> multiplicities) {
                                std::vector<double> weights;
                                for (const LabelTable::Item& item : table.items)
                                  weights.push_back(multiplicities[item.comparison]);
                                return statistic(table.labels, weights);
                              },
                              {.resamples = 100, .seed = 4});
  };
  const AgreementReport report = agreement_report(table, {.resamples = 100, .seed = 4});
  const Interval raw = slow(observed_agreement);
  EXPECT_NEAR(report.raw->interval.value, raw.value, 1e-12);
  EXPECT_NEAR(report.raw->interval.low, raw.low, 1e-12);
  EXPECT_NEAR(report.raw->interval.high, raw.high, 1e-12);
  const Interval alpha = slow([](const Labels& items, std::span<const double> weights) {
    return krippendorff_alpha(items, Distance::ordinal, weights);
  });
  EXPECT_NEAR(report.krippendorff_ordinal->interval.low, alpha.low, 1e-12);
  EXPECT_NEAR(report.krippendorff_ordinal->interval.high, alpha.high, 1e-12);
}

TEST(LabelTable, RefusesVotesOnNothing) {
  EXPECT_THROW(label_table({}, std::vector{vote("ann", {0, 1})}), Error);
}

// Three items of 3, 2 and 2 labels by hand: P = (1/3 + 1 + 1) / 3, and P_e of the seven labels pooled, not of
// the items' mean shares, which would give 22 / 40.
TEST(FleissKappa, PoolsAllLabelsWhereItemsHaveUnequalNumbers) {
  const Labels items = {{0, 0, 1}, {0, 0, kNoLabel}, {1, 1, kNoLabel}};
  const std::vector<double> weights(3, 1);
  EXPECT_NEAR(fleiss_kappa(items, weights), (7. / 9 - 25. / 49) / (1 - 25. / 49), 1e-12);
}

}  // namespace
}  // namespace nudge
