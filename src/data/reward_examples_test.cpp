#include "data/reward_examples.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "data/byte_tokenizer_test.h"
#include "data/read_all_test.h"
#include "data/records_file.h"

namespace nudge {
namespace {

const ChatFormat& format() {
  static const ChatFormat one(
      std::make_shared<ByteTokenizer>(std::vector<std::string>{"<end>"}, "<end>", ""));
  return one;
}

Json ranked(const char* prompt, const std::vector<std::string>& answers, const std::vector<int>& ranks) {
  return {{"prompt", prompt}, {"completions", answers}, {"ranks", ranks}};
}

RewardExamples examples(const std::vector<Json>& records, ComparisonReading reading = {}) {
  return compared_examples(read_all(records, rankings).rankings, format(), reading);
}

TEST(Rankings, ReadsRankingsAndPairsOfAFile) {
  const auto read = read_all({ranked("p", {"a", "b", "c"}, {1, 0, 1}),
                              {{"prompt", "q"},
                               {"chosen", "x"},
                               {"rejected", "y"},
                               {"margin", 0.5},
                               {"shown_left", "rejected"},
                               {"extra", {{"strength", 3}, {"rejected_ended", false}}}}},
                             rankings);
  ASSERT_EQ(read.rankings.size(), 2u);
  EXPECT_EQ(read.rankings[0].ranks, (std::vector<std::int64_t>{1, 0, 1}));
  const Ranking& pair = read.rankings[1];
  EXPECT_EQ(pair.completions, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(pair.ranks, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(pair.extra,
            Json({{"strength", 3}, {"margin", 0.5}, {"shown", {1, 0}}, {"ended", {true, false}}}));
}

TEST(Rankings, CountsRanksFromTheBestOnHoweverTheyAreNumbered) {
  const auto read = read_all({ranked("p", {"a", "b", "c", "d"}, {3, 1, 7, 3})}, rankings);
  EXPECT_EQ(read.rankings[0].ranks, (std::vector<std::int64_t>{1, 0, 2, 1}));
}

TEST(Rankings, LeavesOutEmptyAndRepeatedAnswersAndCountsWhatIsTooShort) {
  const auto read =
      read_all({ranked("p", {"a", " ", "a", "b"}, {0, 1, 2, 3}), ranked("p", {"a", "a"}, {0, 1})}, rankings);
  ASSERT_EQ(read.rankings.size(), 1u);
  EXPECT_EQ(read.rankings[0].completions, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read.rankings[0].ranks, (std::vector<std::int64_t>{0, 3}));
  ASSERT_EQ(read.dropped.size(), 1u);
  EXPECT_EQ(read.dropped[0].count, 1);
  EXPECT_THROW(read_all({ranked("p", {"a", "b"}, {0})}, rankings), Error);
}

TEST(ComparedExamples, EachAnswerStandsOnceHoweverOftenCompared) {
  const auto all = examples({ranked("p", {"a", "b", "c"}, {0, 1, 2}),
                             ranked("q", {"a", "b"}, {0, 1}),
                             {{"prompt", "p"}, {"chosen", "c"}, {"rejected", "d"}}});
  ASSERT_EQ(all.prompts.size(), 2u);
  const RewardExample& first = all.prompts[0];
  EXPECT_EQ(first.sequences.size(), 4u);
  ASSERT_EQ(first.comparisons.size(), 2u);
  EXPECT_EQ(first.comparisons[1].items, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(first.comparisons[1].record, 2);
  EXPECT_EQ(first.sequences[3], (std::vector<TokenId>{'p', 'd', format().stop_token()}));
  EXPECT_EQ(first.places[3].token, 2) << "the score is read at the last token";
  EXPECT_EQ(first.tokens(), 1 + 4 * 2) << "the prompt once";
}

TEST(ComparedExamples, CountsTiesAndLongAnswersAndKeepsWhatIsLeft) {
  const std::vector<Json> records = {ranked("p", {"a", "much too long", "b"}, {0, 1, 2}),
                                     ranked("q", {"a", "b"}, {0, 0}),
                                     ranked("r", {"a", "b", "c"}, {0, 0, 1})};
  auto all = examples(records, {.max_length = 6});
  EXPECT_EQ(all.too_long, 1);
  EXPECT_EQ(all.ties, 2);
  ASSERT_EQ(all.prompts.size(), 2u) << "a ranking that is all ties says nothing";
  EXPECT_EQ(all.prompts[0].comparisons[0].answers, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(all.prompts[0].comparisons[0].ranks, (std::vector<std::int64_t>{0, 2}));
  all = examples(records, {.max_length = 6, .ties = true});
  EXPECT_EQ(all.prompts.size(), 3u);
  EXPECT_THROW(require_examples(examples({ranked("q", {"a", "b"}, {0, 0})}), 6), Error);
}

TEST(ComparedExamples, AskTheirReadingForMarginsAndHeads) {
  ComparisonReading reading;
  reading.margin = [](const Ranking& ranking) { return ranking.extra.value("margin", 0.0); };
  reading.head = [](const Ranking& ranking) {
    return ranking.prompt.extra.value("aspect", "") == "b" ? 1 : 0;
  };
  const auto all = examples(
      {{{"prompt", "p"}, {"chosen", "x"}, {"rejected", "y"}, {"margin", 2}, {"aspect", "b"}}}, reading);
  EXPECT_EQ(all.prompts[0].comparisons[0].margin, 2);
  EXPECT_EQ(all.prompts[0].comparisons[0].head, 1);
}

TEST(LabelledExamples, ScoreTheLastTokenOrAll) {
  const std::vector<Json> records = {{{"prompt", "p"}, {"completion", "abc"}, {"label", true}},
                                     {{"prompt", "p"}, {"completion", "d"}, {"label", 0.5}}};
  const auto labelled = [](bool every_token) {
    return [every_token](Dataset& dataset) { return labelled_examples(dataset, format(), 16, every_token); };
  };
  const auto last = read_all(records, labelled(false));
  ASSERT_EQ(last.prompts.size(), 1u);
  EXPECT_EQ(last.prompts[0].labels, (std::vector<double>{1, 0.5}));
  EXPECT_EQ(last.prompts[0].places[0].token, 4);
  EXPECT_EQ(last.prompts[0].places[1].token, 2);
  const auto every = read_all(records, labelled(true));
  EXPECT_EQ(every.prompts[0].labels, (std::vector<double>{1, 1, 1, 1, 0.5, 0.5}));
  EXPECT_EQ(every.prompts[0].places[0].token, 1);
  EXPECT_THROW(read_all({{{"prompt", "p"}, {"completion", "a"}, {"label", "yes"}}}, labelled(false)), Error);
}

TEST(StepwiseExamples, LabelTheEndOfEachStep) {
  const std::vector<Json> records = {
      {{"prompt", "p"}, {"completions", {"ab", "c"}}, {"labels", {true, false}}}};
  const auto stepwise = [](Dataset& dataset) { return stepwise_examples(dataset, format(), 16, "\n"); };
  const auto all = read_all(records, stepwise);
  ASSERT_EQ(all.prompts.size(), 1u);
  const RewardExample& example = all.prompts[0];
  EXPECT_EQ(example.sequences[0],
            (std::vector<TokenId>{'p', 'a', 'b', '\n', 'c', '\n', format().stop_token()}));
  EXPECT_EQ(example.places[0].token, 3);
  EXPECT_EQ(example.places[1].token, 5);
  EXPECT_EQ(example.labels, (std::vector<double>{1, 0}));
  EXPECT_THROW(read_all({{{"prompt", "p"}, {"completions", {"a"}}, {"labels", {true, true}}}}, stepwise),
               Error);
}

}  // namespace
}  // namespace nudge
