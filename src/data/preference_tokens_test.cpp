#include "data/preference_tokens.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "data/byte_tokenizer_test.h"
#include "data/read_all_test.h"
#include "data/records_file.h"
#include "text/chat_template.h"

namespace nudge {
namespace {

const ChatFormat& format() {
  static const ChatFormat one(
      std::make_shared<ByteTokenizer>(std::vector<std::string>{"<end>"}, "<end>", ""));
  return one;
}

PreferencePair pair(const std::string& prompt, const std::string& chosen, const std::string& rejected) {
  return {.prompt = {.id = prompt, .text = prompt}, .chosen = chosen, .rejected = rejected};
}

TEST(PreferenceTokens, ARankingOfFourCostsFourSequences) {
  std::vector<PreferencePair> pairs;
  const std::vector<std::string> ranked = {"a", "b", "c", "d"};
  for (int i = 0; i < 4; ++i)
    for (int j = i + 1; j < 4; ++j) pairs.push_back(pair("p", ranked[i], ranked[j]));
  pairs.push_back(pair("q", "a", "b"));
  const PreferenceTokens data = preference_tokens(pairs, format(), 16);
  EXPECT_EQ(data.pairs.size(), 7U);
  EXPECT_EQ(data.completions.size(), 6U);  // the same answer to another prompt is another sequence
  EXPECT_EQ(data.by_prompt, (std::vector<std::vector<std::int64_t>>{{0, 1, 2, 3, 4, 5}, {6}}));
  EXPECT_EQ(data.completions[data.pairs[1].rejected].completion_tokens,
            (std::vector<TokenId>{'c', format().stop_token()}));
}

TEST(PreferenceTokens, LeavesOutTiesAndLongPairsAndSaysHowMany) {
  auto tie = pair("p", "a", "b");
  tie.tie = true;
  const auto data =
      preference_tokens({tie, pair("p", "much too long", "b"), pair("p", "a", "b")}, format(), 6);
  EXPECT_EQ(data.ties, 1);
  EXPECT_EQ(data.too_long, 1);
  EXPECT_EQ(data.pairs.size(), 1U);
  EXPECT_THROW(preference_tokens({tie}, format(), 6), Error);
  EXPECT_THROW(preference_tokens({pair("", "a", "b")}, format(), 6), Error);
}

TEST(PreferenceTokens, OnlyAFinishedAnswerCarriesTheStopToken) {
  auto cut = pair("p", "a", "b");
  cut.extra["rejected_ended"] = false;
  const auto data = preference_tokens({cut}, format(), 6);
  EXPECT_EQ(data.completions[data.pairs[0].chosen].completion_tokens.size(), 2U);
  EXPECT_EQ(data.completions[data.pairs[0].rejected].completion_tokens.size(), 1U);
}

// As TRL 1.16 trains them: what the template writes behind the end of the turn belongs to the answer.
TEST(PreferenceTokens, HaveWhatStandsBehindTheAnswerOnRequest) {
  const ChatFormat chatml(std::make_shared<ByteTokenizer>(
      std::vector<std::string>{"<|im_start|>", "<|im_end|>"}, "<|im_end|>", std::string(kChatMlTemplate)));
  PreferencePair asked = pair("", "a", "b");
  asked.prompt = {.id = "p", .messages = {{"user", "q"}}};
  asked.extra["rejected_ended"] = false;
  for (const bool behind : {false, true}) {
    const auto data = preference_tokens({asked}, chatml, 64, /*best=*/false, behind);
    EXPECT_EQ(data.completions[data.pairs[0].chosen].completion_tokens.size(), behind ? 3U : 2U);
    EXPECT_EQ(data.completions[data.pairs[0].rejected].completion_tokens.size(), 1U);
  }
  const auto labelled = labelled_tokens({{.prompt = asked.prompt, .completion = "a"}}, chatml, 64, true);
  EXPECT_EQ(labelled.completions[0].completion_tokens.back(), '\n');
}

TEST(PreferenceTokens, FindsTheBestAnswerKnown) {
  auto triple = pair("p", "a", "b");
  triple.prompt.extra["reference"] = "best";
  const auto data = preference_tokens({triple}, format(), 8, /*best=*/true);
  EXPECT_EQ(data.completions[data.pairs[0].best].completion_tokens.size(), 5U);
  EXPECT_THROW(preference_tokens({pair("p", "a", "b")}, format(), 8, true), Error);
}

LabelledRead read_lines(const std::vector<const char*>& lines) {
  std::vector<Json> records;
  for (const char* line : lines) records.push_back(parse_json(line, "test"));
  return read_all(records, labelled_completions);
}

TEST(LabelledCompletions, ReadsLabelsAndUnpairsPairs) {
  const auto read =
      read_lines({R"({"prompt": "p", "completion": "good", "label": true, "source": "s"})",
                  R"({"prompt": "p", "completion": " ", "label": false})",
                  R"({"prompt": "q", "chosen": "a", "rejected": "b", "extra": {"rejected_ended": false}})",
                  R"({"prompt": "q", "chosen": "a", "rejected": "c", "tie": true})"});
  ASSERT_EQ(read.completions.size(), 3U);
  EXPECT_EQ(read.completions[0].completion, "good");
  EXPECT_TRUE(read.completions[0].desirable);
  EXPECT_EQ(read.completions[0].prompt.extra, Json({{"source", "s"}}));
  EXPECT_TRUE(read.completions[1].desirable);
  EXPECT_FALSE(read.completions[2].desirable);
  EXPECT_FALSE(read.completions[2].ended);
  EXPECT_EQ(read.dropped.size(), 2U);
  EXPECT_THROW(read_lines({R"({"prompt": "p", "completion": "x", "label": "yes"})"}), Error);
}

TEST(LabelledCompletions, WhatIsWrittenReadsBack) {
  const LabelledCompletion cut{
      .prompt = {.id = "1", .messages = {{"user", "Hi"}}, .extra = {{"source", "s"}}},
      .completion = "Hello",
      .desirable = true,
      .ended = false};
  const auto back = read_all({labelled_record(cut)}, labelled_completions).completions.at(0);
  EXPECT_EQ(back.prompt.id, "1");
  EXPECT_EQ(back.prompt.messages.at(0).content, "Hi");
  EXPECT_EQ(back.prompt.extra, cut.prompt.extra);
  EXPECT_EQ(back.completion, "Hello");
  EXPECT_TRUE(back.desirable);
  EXPECT_FALSE(back.ended);
}

TEST(LabelledTokens, SharesEqualCompletions) {
  std::vector<LabelledCompletion> labelled(3, {.prompt = {.id = "p", .text = "p"}, .completion = "a"});
  labelled[1].desirable = true;
  labelled[2].completion = "much too long";
  const auto data = labelled_tokens(labelled, format(), 6);
  EXPECT_EQ(data.completions.size(), 1U);
  EXPECT_EQ(data.examples.size(), 2U);
  EXPECT_EQ(data.too_long, 1);
}

}  // namespace
}  // namespace nudge
