#include "preference/vote_statistics.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace nudge {
namespace {

TEST(VoteStatistics, CountsSidesLengthsAndTimes) {
  const std::vector<Comparison> comparisons = {
      {.id = "a",
       .prompt = {.id = "p", .text = "two words"},
       .answers = {{"äöüß"}, {"abcde"}},
       .source = "x"},
      {.id = "b",
       .prompt = {.id = "row 2", .text = "q"},
       .answers = {{"s"}, {"long"}, {"mid"}},
       .source = "y"},
      {.id = "c", .prompt = {.id = "row 3", .text = "q"}, .answers = {{"s"}, {"t"}}, .source = "x"}};
  const std::vector<Vote> votes = {
      // The first is shorter in characters, though longer in bytes; it was shown right. Four words in 0.3 s.
      {.comparison = "a", .ranks = {0, 1}, .strength = 2, .shown = {1, 0}, .rater = "ann", .seconds = .3},
      {.comparison = "a", .ranks = {1, 0}, .shown = {1, 0}, .rater = "ann", .seconds = 3},
      {.comparison = "b", .ranks = {1, 0, 0}, .rater = "ben"},
      {.comparison = "b", .outcome = Outcome::skipped, .rater = "eve", .seconds = 1}};
  const VoteStatistics statistics = vote_statistics(comparisons, votes);
  EXPECT_EQ(statistics.prompts, 2) << "by what they say";
  EXPECT_EQ(statistics.all.votes, 4);
  EXPECT_EQ(statistics.all.compared, 3);
  EXPECT_EQ(statistics.all.pairs, 5);
  EXPECT_EQ(statistics.all.ties, 1);
  EXPECT_EQ(statistics.all.left.successes, 1);
  EXPECT_EQ(statistics.all.left.trials, 2);
  EXPECT_EQ(statistics.all.longer.successes, 3);
  EXPECT_EQ(statistics.all.longer.trials, 4);
  EXPECT_EQ(statistics.all.fast.successes, 1);
  EXPECT_EQ(statistics.all.fast.trials, 2);
  EXPECT_EQ(statistics.repeats.trials, 1);
  EXPECT_EQ(statistics.repeats.successes, 0);
  EXPECT_EQ(statistics.by_source.at("y").votes, 2);
  EXPECT_EQ(statistics.by_strength.at("2").votes, 1);
  EXPECT_EQ(statistics.by_strength.at("not said").votes, 2);
  EXPECT_EQ(statistics.outcomes.at("skipped"), 1);

  const Json json = to_json(statistics);
  EXPECT_EQ(json["all"]["left_preferred"]["value"], 0.5);
  EXPECT_NEAR(json["all"]["seconds_median"].get<double>(), 1.65, 1e-12);
  EXPECT_EQ(json["by_rater"]["ben"]["seconds_median"], nullptr);
  EXPECT_NE(to_text(statistics).find("5 pairs of 2 prompts, 1 ties"), std::string::npos);
  EXPECT_THROW(vote_statistics({}, votes), Error);
}

TEST(VoteStatistics, CountsTheAnswersOfEachModel) {
  const std::vector<Comparison> comparisons = {
      {.id = "a", .answers = {{.content = "x", .model = "step 1"}, {.content = "y", .model = "step 2"}}},
      {.id = "b",
       .answers = {
           {.content = "x", .model = "step 1"}, {.content = "y", .model = "step 1"}, {.content = "z"}}}};
  const std::vector<Vote> votes = {{.comparison = "a", .ranks = {0, 1}, .rater = "ann"},
                                   {.comparison = "a", .ranks = {0, 0}, .rater = "ben"},
                                   {.comparison = "a", .outcome = Outcome::both_bad, .rater = "eve"},
                                   {.comparison = "b", .ranks = {0, 1, 2}, .rater = "ann"}};
  const VoteStatistics statistics = vote_statistics(comparisons, votes);
  const Json models = to_json(statistics)["by_model"];
  EXPECT_EQ(models["step 1"], Json({{"comparisons", 2}, {"pairs", 5}}));
  EXPECT_EQ(models["step 2"], Json({{"comparisons", 1}, {"pairs", 2}}));
  EXPECT_EQ(models[""], Json({{"comparisons", 1}, {"pairs", 2}}));
  EXPECT_NE(to_text(statistics).find("not said                 1 comparisons, 2 pairs"), std::string::npos)
      << to_text(statistics);
}

TEST(VoteStatistics, CountsOfARankingOnlyThePairThatItsStrengthIsOf) {
  const std::vector<Comparison> comparisons = {
      {.id = "c", .prompt = {.id = "p", .text = "q"}, .answers = {{"s"}, {"long"}, {"mid"}}}};
  const std::vector<Vote> votes = {{.comparison = "c", .ranks = {2, 1, 0}, .strength = 3, .rater = "ann"}};
  const VoteStatistics statistics = vote_statistics(comparisons, votes);
  EXPECT_EQ(statistics.all.pairs, 3);
  const VoteCounts& strong = statistics.by_strength.at("3");
  EXPECT_EQ(strong.votes, 1);
  EXPECT_EQ(strong.pairs, 1);
  EXPECT_EQ(strong.longer.successes, 0) << "mid over long";
}

}  // namespace
}  // namespace nudge
