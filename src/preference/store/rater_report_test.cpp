#include "preference/store/rater_report.h"

#include <gtest/gtest.h>

#include "preference/store/temporary_store_test.h"
#include "preference/vote_statistics.h"

namespace nudge {
namespace {

Vote vote(const std::string& comparison, const std::string& rater, std::vector<std::int64_t> ranks,
          std::vector<std::int64_t> shown = {0, 1}, const char* role = "vote") {
  return {.comparison = comparison,
          .ranks = std::move(ranks),
          .shown = std::move(shown),
          .rater = rater,
          .time = "2026-01-31T14:00:00.000Z",
          .seconds = 4,
          .extra = {{"role", role}}};
}

TEST(RaterReport, CountsEachRater) {
  std::vector<Comparison> comparisons = made_comparisons(4, 2, /*gold=*/1);
  comparisons[2].answers[1].content = std::string(100, 'x') + " long";
  const std::vector<Vote> votes = {
      vote("c0", "ann", {0, 1}, {0, 1}, "gold"),    // passes; left won
      vote("c0", "bob", {0, 0}, {0, 1}, "gold"),    // a tie where there is an order
      vote("c2", "ann", {1, 0}, {0, 1}),            // right and longer won
      vote("c2", "ann", {1, 0}, {1, 0}, "repeat"),  // the same; left and longer won
      vote("c3", "ann", {0, 1}, {1, 0}),            // right won, of equal length
      vote("c3", "ann", {1, 0}, {0, 1}, "repeat"),  // another; right won
      {.comparison = "c1", .outcome = Outcome::skipped, .rater = "bob"},
      vote("elsewhere", "bob", {0, 1}),
  };
  const RaterReport report = rater_report(comparisons, votes);
  ASSERT_EQ(report.raters.size(), 2u);
  const RaterWork &ann = report.raters[0], &bob = report.raters[1];
  EXPECT_EQ(ann.votes, 5);
  EXPECT_EQ(ann.gold.successes, 1);
  EXPECT_EQ(ann.repeat.successes, 1);
  EXPECT_EQ(ann.repeat.trials, 2);
  EXPECT_EQ(ann.left.successes, 2);
  EXPECT_EQ(ann.left.trials, 5);
  EXPECT_EQ(ann.seconds_median, 4);
  EXPECT_EQ(ann.too_fast.successes, 0);
  EXPECT_EQ(bob.gold.successes, 0);
  EXPECT_EQ(bob.gold.trials, 1);
  EXPECT_EQ(bob.skipped, 1);
  EXPECT_EQ(bob.votes, 1);
  EXPECT_EQ(report.longer.trials, 2);
  EXPECT_EQ(report.longer.successes, 2);
}

TEST(RaterReport, TooFastIsLessThanATenthOfASecondAWord) {
  std::vector<Comparison> comparisons = made_comparisons(1);  // two answers of four words
  comparisons[0].prompt = {.id = "p"};
  Vote slow = vote("c0", "ann", {0, 1}), fast = vote("c0", "bob", {0, 1});
  slow.seconds = 0.81;
  fast.seconds = 0.79;
  const RaterReport report = rater_report(comparisons, std::vector{slow, fast});
  EXPECT_EQ(report.raters[0].too_fast.successes, 0);
  EXPECT_EQ(report.raters[1].too_fast.successes, 1);
}

TEST(RaterReport, CountsAsTheStatisticsOfAFileDo) {
  std::vector<Comparison> comparisons = {
      {.id = "umlauts",
       .prompt = {.id = "p", .text = "say it"},
       .answers = {{.content = "äöüß"}, {.content = "abcde"}}},  // eight bytes, and five
      {.id = "long prompt", .prompt = {.id = "q"}, .answers = {{.content = "yes"}, {.content = "no"}}},
      {.id = "three",
       .prompt = {.id = "r"},
       .answers = {{.content = "a"}, {.content = "bb"}, {.content = "ccc"}}},
      {.id = "clips",
       .prompt = {.id = "s"},
       .answers = {{.content = "{}", .media = "clip"}, {.content = "{ }", .media = "clip"}}}};
  for (int i = 0; i < 100; ++i) comparisons[1].prompt.text += "word ";
  const std::vector<Vote> votes = {vote("umlauts", "ann", {0, 1}), vote("long prompt", "ann", {0, 1}, {1, 0}),
                                   vote("three", "bob", {2, 0, 1}, {2, 1, 0}), vote("clips", "bob", {1, 0})};
  const RaterReport panel = rater_report(comparisons, votes);
  const VoteStatistics stats = vote_statistics(comparisons, votes);
  EXPECT_EQ(to_json(panel.left), to_json(stats.all.left));
  EXPECT_EQ(to_json(panel.longer), to_json(stats.all.longer));
  for (const RaterWork& rater : panel.raters) {
    EXPECT_EQ(to_json(rater.left), to_json(stats.by_rater.at(rater.rater).left)) << rater.rater;
    EXPECT_EQ(to_json(rater.too_fast), to_json(stats.by_rater.at(rater.rater).fast)) << rater.rater;
    EXPECT_EQ(rater.seconds_median, median(stats.by_rater.at(rater.rater).seconds)) << rater.rater;
  }
  EXPECT_EQ(panel.longer.trials, 5);  // the umlauts, yes and no, three of the ranking; of clips none
  EXPECT_EQ(panel.longer.successes, 3);
  EXPECT_EQ(panel.left.trials, 6);
  EXPECT_EQ(panel.raters[0].too_fast.successes, 1) << "four seconds for a hundred words";
}

TEST(RaterReport, DriftIsByTheHourOrTheDay) {
  const std::vector<Comparison> comparisons = made_comparisons(3);
  std::vector<Vote> votes = {vote("c0", "ann", {0, 1}), vote("c0", "bob", {0, 1}), vote("c0", "cid", {1, 0})};
  votes[2].time = "2026-01-31T16:00:00.000Z";
  RaterReport report = rater_report(comparisons, votes);
  ASSERT_EQ(report.drift.size(), 2u);
  EXPECT_EQ(report.drift[0].label, "2026-01-31 14h");
  EXPECT_EQ(report.drift[0].agreement.successes, 1);
  EXPECT_EQ(report.drift[1].agreement.successes, 0);
  EXPECT_EQ(report.drift[1].agreement.trials, 2);
  votes[0].time = "2026-01-01T00:00:00.000Z";
  votes[1].time = "2026-01-02T00:00:00.000Z";
  report = rater_report(comparisons, votes);
  ASSERT_EQ(report.drift.size(), 3u);
  EXPECT_EQ(report.drift[0].label, "2026-01-01");
}

}  // namespace
}  // namespace nudge
