// What people bring (docs/datasets.md): a small record of our own in each shape, and what it is read as.
#include "data/published_forms.h"

#include <gtest/gtest.h>

#include "data/byte_tokenizer_test.h"
#include "data/examples.h"
#include "data/read_all_test.h"
#include "data/records_file.h"
#include "data/reward_examples.h"

namespace nudge {
namespace {

const Json kUser{{"role", "user"}, {"content", "Q"}}, kAssistant{{"role", "assistant"}, {"content", "A"}},
    kOther{{"role", "assistant"}, {"content", "B"}};

ChatFormat transcripts() {
  return ChatFormat(std::make_shared<ByteTokenizer>(std::vector<std::string>{"<e>"}, "<e>", ""));
}

// The learned text of the one example.
std::string learned(const Json& record) {
  const ChatFormat format = transcripts();
  const auto read =
      read_all({record}, [&](Dataset& dataset) { return training_examples(dataset, format, {}); });
  std::vector<TokenId> ids;
  for (std::size_t t = 0; t < read.examples.at(0).tokens.size(); ++t)
    if (read.examples[0].loss_mask[t]) ids.push_back(read.examples[0].tokens[t]);
  return format.tokenizer().decode(ids);
}
// "prompt | chosen | rejected".
std::string pair(const Json& record) {
  const auto read = read_all({record}, preference_pairs).pairs.at(0);
  return read.prompt.question() + " | " + read.chosen + " | " + read.rejected;
}
// Answers with their ranks.
std::string ranked(const Json& record) {
  const auto read = read_all({record}, rankings).rankings.at(0);
  std::string text = read.prompt.question() + ":";
  for (std::size_t i = 0; i < read.ranks.size(); ++i)
    text += " " + read.completions[i] + "=" + std::to_string(read.ranks[i]);
  return text;
}
std::string labelled(const Json& record) {
  const auto read = read_all({record}, labelled_completions).completions.at(0);
  return read.prompt.question() + " | " + read.completion + " | " + (read.desirable ? "good" : "bad");
}

const Json kOpenAi{
    {"input", {{"messages", {kUser}}, {"tools", Json::array()}, {"parallel_tool_calls", true}}},
    {"preferred_output", {kAssistant}},
    {"non_preferred_output", {kOther}}};

TEST(WhatPeopleBring, Demonstrations) {
  EXPECT_NE(
      learned({{"conversations", {{{"from", "human"}, {"value", "Q"}}, {{"from", "gpt"}, {"value", "A"}}}}})
          .find("A"),
      std::string::npos);  // ShareGPT
  EXPECT_NE(learned({{"instruction", "Q"}, {"input", ""}, {"output", "A"}}).find("A"),
            std::string::npos);                                         // Alpaca
  EXPECT_NE(learned({{"text", "ABC"}}).find("BC"), std::string::npos);  // TRL
  EXPECT_NE(learned({{"messages", {kUser, kAssistant}}}).find("A"), std::string::npos);
  EXPECT_NE(learned({{"prompt", "Q"}, {"completion", "A"}}).find("A"), std::string::npos);
  EXPECT_NE(learned({{"prompt", Json::array({kUser})}, {"completion", Json::array({kAssistant})}}).find("A"),
            std::string::npos);
}

TEST(WhatPeopleBring, Prompts) {
  EXPECT_EQ(prompt_of({{"turns", {"Q", "R"}}, {"question_id", 81}, {"category", "writing"}}, "x").question(),
            "Q");
  const Prompt verl = prompt_of({{"prompt", Json::array({kUser})},
                                 {"data_source", "gsm8k"},
                                 {"ability", "math"},
                                 {"reward_model", {{"style", "rule"}, {"ground_truth", "72"}}},
                                 {"extra_info", {{"index", 0}}}},
                                "x");
  EXPECT_EQ(verl.question(), "Q");
  EXPECT_EQ(verl.extra["reward_model"]["ground_truth"], "72");
  EXPECT_EQ(prompt_of({{"prompt", "Q"}}, "x").question(), "Q");
}

TEST(WhatPeopleBring, Pairs) {
  const std::string wanted = "Q | A | B";
  EXPECT_EQ(pair({{"prompt", "Q"}, {"chosen", "A"}, {"rejected", "B"}}), wanted);
  EXPECT_EQ(pair({{"prompt", Json::array({kUser})},
                  {"chosen", Json::array({kAssistant})},
                  {"rejected", Json::array({kOther})}}),
            wanted);
  EXPECT_EQ(pair({{"chosen", {kUser, kAssistant}}, {"rejected", {kUser, kOther}}}), wanted);
  EXPECT_EQ(pair({{"prompt", "Q"}, {"chosen", {kUser, kAssistant}}, {"rejected", {kUser, kOther}}}),
            wanted);  // UltraFeedback, binarized
  EXPECT_EQ(pair({{"chosen", "\n\nHuman: Q\n\nAssistant: A"}, {"rejected", "\n\nHuman: Q\n\nAssistant: B"}}),
            "Q |  A |  B");  // HH-RLHF, whose replies begin with the space behind the name
  EXPECT_EQ(pair({{"prompt", "Q"},
                  {"response_0", "B"},
                  {"response_1", "A"},
                  {"better_response_id", 1},
                  {"safer_response_id", 0}}),
            wanted);  // PKU-SafeRLHF
  EXPECT_EQ(pair(kOpenAi), wanted);
}

TEST(WhatPeopleBring, Rankings) {
  EXPECT_EQ(ranked({{"prompt", "\n\nHuman: Q\n\nAssistant: "},
                    {"answers",
                     {{{"answer", "A"}, {"model", "m"}, {"rank", 2.0}},
                      {{"answer", "B"}, {"model", "n"}, {"rank", 1.0}},
                      {{"answer", "C"}, {"model", "o"}, {"rank", 3.0}}}}}),
            "Q: A=1 B=0 C=2");  // Nectar
  EXPECT_EQ(ranked({{"source", "evol"},
                    {"instruction", "Q"},
                    {"completions",
                     {{{"response", "A"}, {"overall_score", 7.5}},
                      {{"response", "B"}, {"overall_score", 4.0}},
                      {{"response", "C"}, {"overall_score", 7.5}}}}}),
            "Q: A=0 B=1 C=0");  // UltraFeedback
}

TEST(WhatPeopleBring, Labels) {
  EXPECT_EQ(labelled({{"prompt", "Q"}, {"completion", "A"}, {"label", true}}), "Q | A | good");
  EXPECT_EQ(
      labelled(
          {{"prompt", Json::array({kUser})}, {"completion", Json::array({kAssistant})}, {"label", false}}),
      "Q | A | bad");
  EXPECT_EQ(labelled({{"messages", {kUser, kAssistant}}, {"kto_tag", false}}),
            "Q | A | bad");  // LLaMA-Factory
  EXPECT_EQ(labelled({{"instruction", "Q"}, {"input", ""}, {"output", "A"}, {"kto_tag", true}}),
            "Q | A | good");
}

}  // namespace
}  // namespace nudge
