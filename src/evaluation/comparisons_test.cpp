#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "evaluation/calibration.h"
#include "evaluation/diversity.h"
#include "evaluation/statistics.h"
#include "evaluation/win_rate.h"

namespace nudge {
namespace {

TEST(Calibration, ErrorIsTheWeightedGapOfTheBins) {
  const std::vector<double> probabilities{.05, .95, .95, .95, .55}, outcomes{0, 1, 1, 0, .5};
  // Bins 0, 9 and 5: gaps .05, .95 - 2/3, .05 with weights 1, 3, 1 of 5.
  EXPECT_NEAR(expected_calibration_error(probabilities, outcomes), (.05 + 3 * (.95 - 2. / 3) + .05) / 5,
              1e-12);
  const auto bins = calibration_bins(probabilities, outcomes);
  ASSERT_EQ(bins.size(), 3u);
  EXPECT_EQ(bins[2].count, 3);
  EXPECT_EQ(calibration_bins(std::vector<double>{1.0}, std::vector<double>{1.0}).size(), 1u);
  EXPECT_THROW(expected_calibration_error(probabilities, std::vector<double>{1}), Error);
  EXPECT_THROW(expected_calibration_error(std::vector<double>{1.5}, std::vector<double>{1}), Error);
}

TEST(Calibration, TemperatureUndoesOverconfidence) {
  Stream random(1, "calibration test");
  std::vector<double> logits, outcomes;
  for (int i = 0; i < 20000; ++i) {
    const double truth = 2 * random.normal();
    outcomes.push_back(random.chance(1 / (1 + std::exp(-truth))));
    logits.push_back(3 * truth);
  }
  const double temperature = fit_temperature(logits, outcomes);
  EXPECT_NEAR(temperature, 3, .15);
  std::vector<double> differences;
  for (std::size_t i = 0; i < logits.size(); ++i) differences.push_back(outcomes[i] ? logits[i] : -logits[i]);
  EXPECT_NEAR(fit_temperature(differences), temperature, 1e-4);
  for (double other : {.9 * temperature, 1.1 * temperature})
    EXPECT_GT(preference_log_loss(logits, outcomes, other),
              preference_log_loss(logits, outcomes, temperature));
  EXPECT_NEAR(preference_log_loss(std::vector<double>{0, 800}, std::vector<double>{1, 1}), std::log(2) / 2,
              1e-12);
}

TEST(WinRate, CountsTiesHalf) {
  const std::vector<double> ours{1, 2, 3, 4}, theirs{0, 2, 4, 3.9};
  const WinRate rate = win_rate(ours, theirs);
  EXPECT_DOUBLE_EQ(rate.value, .625);
  EXPECT_EQ(rate.wins, 2);
  EXPECT_EQ(rate.ties, 1);
  EXPECT_EQ(rate.losses, 1);
  // Variance of {1, .5, 0, 1} is .229166.., so the standard error is sqrt(.0572916..).
  EXPECT_NEAR(rate.value - rate.low, 1.959963985 * std::sqrt(.6875 / 3 / 4), 1e-9);
  EXPECT_EQ(rate.high, 1);  // .625 + .469 is no share
  EXPECT_EQ(win_rate(ours, theirs, .2).ties, 2);
  EXPECT_EQ(win_rate(std::vector<double>{.75, .25, .5}).wins, 1);
  EXPECT_THROW(win_rate(ours, std::vector<double>{1}), Error);
  EXPECT_THROW(win_rate(std::vector<double>{2}), Error);
}

TEST(WinRate, OfOutcomesAllWonIsNotCertain) {
  const WinRate won = win_rate(std::vector<double>(4, 1)), lost = win_rate(std::vector<double>(4, 0));
  EXPECT_EQ(won.value, 1);
  EXPECT_DOUBLE_EQ(won.high, 1);
  EXPECT_NEAR(won.low, 4 / (4 + 3.841458821), 1e-9);  // Wilson: n / (n + z^2)
  EXPECT_NEAR(lost.high, 1 - won.low, 1e-9);
  EXPECT_EQ(lost.low, 0);
  EXPECT_LT(win_rate(std::vector<double>{1}).low, .5);
}

TEST(Diversity, CountsDistinctAnswersAndNgrams) {
  const std::vector<std::string> answers{"a b a", "a b a", "c"};
  EXPECT_DOUBLE_EQ(distinct_share(answers), 2. / 3);
  EXPECT_DOUBLE_EQ(distinct_ngrams(answers, 1), 3. / 7);
  EXPECT_DOUBLE_EQ(distinct_ngrams(answers, 2), 2. / 4);
  EXPECT_DOUBLE_EQ(distinct_ngrams(answers, 4), 0);
  EXPECT_THROW(distinct_share({}), Error);
}

}  // namespace
}  // namespace nudge
