#include "preference/agreement_report.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace nudge {
namespace {

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

}  // namespace
}  // namespace nudge
