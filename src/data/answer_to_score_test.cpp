#include "data/answer_to_score.h"

#include <gtest/gtest.h>

#include "data/byte_tokenizer_test.h"
#include "data/reward_examples.h"

namespace nudge {
namespace {

using Tokens = std::vector<TokenId>;

const std::vector<std::string> kSpecials = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
constexpr TokenId kEndOfText = 256, kEnd = 258;

ChatFormat format(const std::vector<std::string>& specials, const std::string& eos,
                  const std::string& chat_template, const std::string& bos = "") {
  return ChatFormat(std::make_shared<ByteTokenizer>(specials, eos, chat_template, bos));
}

Prompt asks(const std::string& content) {
  return {.id = "p", .messages = {{"user", content}}};
}

// Case reward-position.
TEST(AnswerToScore, IsTheFinishedConversationUpToItsLastToken) {
  const auto chatml = format(kSpecials, "<|im_end|>", kChatMlTemplate);
  const auto turn = answer_to_score(chatml, asks("Hi"), "ok", std::nullopt);
  EXPECT_EQ(chatml.tokenizer().decode(turn.tokens, true),
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nok<|im_end|>\n");
  EXPECT_EQ(Tokens(turn.tokens.begin(), turn.tokens.begin() + static_cast<std::ptrdiff_t>(turn.prompt)),
            chatml.encode_prompt(asks("Hi")));
  EXPECT_EQ(answer_to_score(chatml, asks("Hi"), "ok", kEnd).tokens, turn.tokens) << "no padding at the end";
  EXPECT_EQ(answer_to_score(chatml, {.text = "ab"}, "ok", std::nullopt).tokens,
            (Tokens{'a', 'b', 'o', 'k', kEnd}));
  EXPECT_EQ(answer_to_score(chatml, {.text = "ab"}, "ok", kEnd).tokens, (Tokens{'a', 'b', 'o', 'k'}));
  EXPECT_EQ(answer_to_score(chatml, {.text = ""}, "", kEnd).tokens, (Tokens{kEnd})) << "something is read";
}

TEST(AnswerToScore, IsPaddedWithNothingThatIsRead) {
  EXPECT_EQ(padding_for_scores(format(kSpecials, "<|im_end|>", kChatMlTemplate)), kEndOfText);
  EXPECT_EQ(padding_for_scores(format(kSpecials, "<|endoftext|>", "")), 257);
  const ChatFormat listed(std::make_shared<ByteTokenizer>(kSpecials, "<|im_end|>", kChatMlTemplate, "",
                                                          std::vector<TokenId>{kEnd, kEndOfText}));
  EXPECT_EQ(padding_for_scores(listed), 257) << "rather one that ends nothing";
  EXPECT_EQ(padding_for_scores(format(kSpecials, "<|endoftext|>", "", "<|im_end|>")), kEnd) << "the bos";
  EXPECT_EQ(padding_for_scores(format(kSpecials, "<|endoftext|>", "", "<|endoftext|>")), 257);
  const auto one = format({"<end>"}, "<end>", "");
  EXPECT_EQ(padding_for_scores(one), one.stop_token()) << "nothing else is there";
}

TEST(ComparedExamples, AreReadWhereTheirModelWillBe) {
  const auto chatml = format(kSpecials, "<|im_end|>", kChatMlTemplate);
  const Ranking cut{.prompt = asks("Hi"),
                    .completions = {"yes", "no"},
                    .ranks = {0, 1},
                    .extra = {{"ended", {true, false}}}};
  const RewardExample example = compared_examples({cut}, chatml, {}).prompts.at(0);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(example.sequences[i],
              answer_to_score(chatml, asks("Hi"), cut.completions[i], std::nullopt).tokens);
    EXPECT_EQ(example.places[i].token, std::ssize(example.sequences[i]) - 1);
  }
  EXPECT_EQ(example.question.messages.at(0).content, "Hi");
  EXPECT_EQ(example.shared, chatml.encode_prompt(asks("Hi")).size());
}

}  // namespace
}  // namespace nudge
