#include <gtest/gtest.h>

#include "base/error.h"
#include "data/messages.h"
#include "data/read_all_test.h"
#include "data/records_file.h"
#include "data/transcript.h"
#include "text/utf8.h"

namespace nudge {
namespace {

Json turn(const char* role, const char* content) {
  return {{"role", role}, {"content", content}};
}

PreferencePair only_pair(const Json& record) {
  auto read = read_all({record}, preference_pairs);
  EXPECT_TRUE(read.dropped.empty());
  EXPECT_EQ(read.pairs.size(), 1u);
  return read.pairs.at(0);
}

std::string dropped_for(const Json& record) {
  auto read = read_all({record}, preference_pairs);
  EXPECT_TRUE(read.pairs.empty());
  return read.dropped.at(0).reason;
}

TEST(PreferencePairs, ReadsExplicitPrompts) {
  auto plain =
      only_pair({{"prompt", "2+2="}, {"chosen", "4"}, {"rejected", "5"}, {"margin", 2}, {"source", "s"}});
  EXPECT_EQ(plain.prompt.text, "2+2=");
  EXPECT_EQ(plain.chosen, "4");
  EXPECT_EQ(plain.rejected, "5");
  EXPECT_EQ(plain.margin, 2);
  EXPECT_EQ(plain.protocol, "import");
  EXPECT_EQ(plain.prompt.extra, Json({{"source", "s"}}));

  auto chat = only_pair({{"prompt", {turn("user", "Hi")}},
                         {"chosen", {turn("assistant", "Hello")}},
                         {"rejected", {turn("assistant", "Go")}}});
  EXPECT_EQ(chat.prompt.messages.at(0).content, "Hi");
  EXPECT_EQ(chat.rejected, "Go");
}

TEST(PreferencePairs, ReadsImplicitPrompts) {
  auto chat = only_pair({{"chosen", {turn("user", "Hi"), turn("assistant", "Hello")}},
                         {"rejected", {turn("user", "Hi"), turn("assistant", "Go")}}});
  EXPECT_EQ(chat.prompt.messages.size(), 1u);
  EXPECT_EQ(chat.chosen, "Hello");

  // As TRL's documentation cuts it: the prompt does not end in a space.
  auto text = only_pair({{"chosen", "The sky is blue."}, {"rejected", "The sky is green."}});
  EXPECT_EQ(text.prompt.text, "The sky is");
  EXPECT_EQ(text.chosen, " blue.");
  EXPECT_EQ(text.rejected, " green.");

  // U+00E9 and U+00E8 share their first byte: the cut falls between characters.
  auto accents = only_pair({{"chosen", "pr\xC3\xA9"}, {"rejected", "pr\xC3\xA8"}});
  EXPECT_EQ(accents.chosen, "\xC3\xA9");
}

TEST(PreferencePairs, ReadsTranscripts) {
  auto pair = only_pair({{"chosen", "\n\nHuman: A\n\nAssistant: B\n\nHuman: C\n\nAssistant: good"},
                         {"rejected", "\n\nHuman: A\n\nAssistant: B\n\nHuman: C\n\nAssistant: bad"}});
  ASSERT_EQ(pair.prompt.messages.size(), 3u);
  EXPECT_EQ(pair.prompt.messages[2].content, "C");
  EXPECT_EQ(pair.chosen, " good") << "the answer's first space belongs to it";
  EXPECT_EQ(pair.prompt.text, "\n\nHuman: A\n\nAssistant: B\n\nHuman: C\n\nAssistant:");
}

TEST(PreferencePairs, CountsWhatItLeavesOut) {
  EXPECT_EQ(dropped_for({{"prompt", "p"}, {"chosen", "a"}, {"rejected", " \n"}}), "an empty reply");
  EXPECT_EQ(dropped_for({{"prompt", "p"}, {"chosen", "a"}, {"rejected", "a"}}), "the replies are the same");
  EXPECT_EQ(
      dropped_for({{"chosen", "\n\nHuman: A\n\nAssistant: x"}, {"rejected", "\n\nHuman: B\n\nAssistant: y"}}),
      "the two sides answer different prompts");
  auto read = read_all({{{"prompt", "p"}, {"chosen", "a"}, {"rejected", ""}},
                        {{"prompt", "p"}, {"chosen", ""}, {"rejected", "b"}}},
                       preference_pairs);
  EXPECT_EQ(read.dropped.at(0).count, 2);
}

TEST(PreferencePairs, RefusesOtherRecords) {
  EXPECT_THROW(read_all({{{"prompt", "p"}, {"chosen", "a"}}}, preference_pairs), Error);
  EXPECT_THROW(read_all({{{"prompt", "p"}, {"chosen", "a"}, {"rejected", true}}}, preference_pairs), Error);
}

// Issue 13: any other word was taken for the rejected side.
TEST(PreferencePairs, ShownLeftIsOneOfTheSides) {
  Json record = {{"prompt", "p"}, {"chosen", "a"}, {"rejected", "b"}, {"shown_left", "rejected"}};
  EXPECT_EQ(only_pair(record).shown_left, "rejected");
  for (const char* word : {"left", "A", "Chosen", "b"}) {
    record["shown_left"] = word;
    EXPECT_THROW(read_all({record}, preference_pairs), Error) << word;
  }
}

// Case system-column.
TEST(PreferencePairs, ASystemColumnIsPartOfThePrompt) {
  const auto pair = only_pair(
      {{"prompt", "Hello"}, {"system", "You are a pirate."}, {"chosen", " Ahoy!"}, {"rejected", "No"}});
  ASSERT_EQ(pair.prompt.messages.size(), 2u);
  EXPECT_EQ(pair.prompt.messages[0].role, "system");
  EXPECT_EQ(pair.prompt.messages[0].content, "You are a pirate.");
  EXPECT_EQ(pair.prompt.messages[1].content, "Hello");
  EXPECT_EQ(pair.chosen, " Ahoy!") << "no transcript, so the space is the answer's";
  EXPECT_FALSE(pair.prompt.extra.contains("system"));
  const auto implicit = only_pair({{"system", "S"},
                                   {"chosen", {turn("user", "Hi"), turn("assistant", "a")}},
                                   {"rejected", {turn("user", "Hi"), turn("assistant", "b")}}});
  EXPECT_EQ(implicit.prompt.messages.front().content, "S");
}

// Case tool-calls: preferences.
TEST(PreferencePairs, ToolsTravelWithThePromptAndAReplyThatCallsIsRefused) {
  const Json tools = {{{"type", "function"}, {"function", {{"name", "rate"}}}}};
  const Json calling = {
      {"role", "assistant"}, {"content", nullptr}, {"tool_calls", {{{"function", {{"name", "rate"}}}}}}};
  const auto pair = only_pair({{"prompt", {turn("user", "Rate?"), calling, turn("tool", "1.1")}},
                               {"chosen", {turn("assistant", "1.1")}},
                               {"rejected", {turn("assistant", "2")}},
                               {"tools", tools}});
  EXPECT_EQ(template_arguments(pair.prompt.extra, "x").at("tools"), tools);
  EXPECT_TRUE(pair.prompt.messages[1].further.contains("tool_calls"));
  EXPECT_THROW(read_all({{{"prompt", {turn("user", "Rate?")}},
                          {"chosen", {calling}},
                          {"rejected", {turn("assistant", "2")}}}},
                        preference_pairs),
               Error);
}

TEST(PairRecord, ReadsBackAsItWas) {
  PreferencePair pair{.prompt = {.id = "q1", .messages = {{"user", "Hi"}}, .extra = {{"kind", "sum"}}},
                      .chosen = "yes",
                      .rejected = "no",
                      .tie = true,
                      .margin = 1.5,
                      .rater = "anna",
                      .protocol = "page-pair",
                      .shown_left = "rejected",
                      .time = "2026-01-01T00:00:00Z",
                      .extra = {{"gap", 0.25}}};
  const Json record = pair_record(pair);
  EXPECT_EQ(record["chosen"][0]["role"], "assistant");
  auto back = only_pair(record);
  EXPECT_EQ(pair_record(back), record);
  EXPECT_EQ(back.prompt.id, "q1");
  EXPECT_TRUE(back.tie);
  EXPECT_EQ(back.prompt.extra, pair.prompt.extra);
  EXPECT_EQ(back.extra, pair.extra);
}

// practice.md 1.6 in the reference notes: counted there over all 2,312 records, replies as they stand.
TEST(PreferencePairs, HumanPairsOfHhRlhf) {
  const std::filesystem::path path =
      NUDGE_SOURCE_DIR "/../shared/data/pref/hh-rlhf-harmless-base-test.jsonl.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
  const auto records = read_records(path);
  ASSERT_EQ(records.size(), 2312u);
  const auto read = read_all(records, preference_pairs);
  ASSERT_EQ(read.dropped.size(), 2u);
  for (const auto& [reason, count, first] : read.dropped)
    EXPECT_EQ(count, reason == "an empty reply" ? 4 : 5) << reason;
  EXPECT_EQ(read.pairs.size(), 2303u);
  for (const auto& pair : read.pairs) ASSERT_EQ(pair.prompt.messages.back().role, "user");

  auto reply_length = [](const std::string& text) {
    const std::string mark = "\n\nAssistant:";
    return count_code_points(text.substr(text.rfind(mark) + mark.size()));
  };
  int longer = 0, shorter = 0;
  for (const auto& record : records) {
    const auto chosen = reply_length(record["chosen"]), rejected = reply_length(record["rejected"]);
    longer += chosen > rejected;
    shorter += chosen < rejected;
  }
  EXPECT_NEAR(static_cast<double>(longer) / (longer + shorter), 0.4446, 5e-4);
}

TEST(Transcript, WritesWhatItReads) {
  const std::string text = "\n\nHuman:  A \n\n\nAssistant: B\n\nHuman: C";
  const auto turns = parse_transcript(text);
  ASSERT_EQ(turns->size(), 3u);
  EXPECT_EQ(turns->at(0).content, " A \n");
  EXPECT_EQ(write_transcript(*turns), text);
  EXPECT_FALSE(parse_transcript("Human: A").has_value());
  EXPECT_EQ(parse_transcript("\n\nHuman: A \n\n\n\nAssistant:")->size(), 2u);
}

}  // namespace
}  // namespace nudge
