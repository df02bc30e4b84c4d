#include "data/examples.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "data/byte_tokenizer_for_test.h"
#include "text/chat_template.h"

namespace nudge {
namespace {

constexpr TokenId kStop = 256;

const ChatFormat& plain() {
  static const ChatFormat format(std::make_shared<ByteTokenizer>(std::vector<std::string>{"<e>"}, "<e>", ""));
  return format;
}

std::vector<Example> examples(const std::vector<Json>& records, const ExampleOptions& options = {},
                              TooLong* too_long = nullptr) {
  return training_examples(records, plain(), options, too_long);
}

TEST(TrainingExamples, DocumentsTrainEveryTokenAndStop) {
  const auto made = examples({{{"text", "abc"}}});
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0].tokens, (std::vector<TokenId>{'a', 'b', 'c', kStop}));
  EXPECT_EQ(made[0].loss_mask, (std::vector<std::uint8_t>{0, 1, 1, 1}));
}

TEST(TrainingExamples, CompletionsTrainAlone) {
  const auto made = examples({{{"prompt", "ab"}, {"completion", "c"}}, {{"question", "q"}, {"answer", "r"}}});
  EXPECT_EQ(made[0].tokens, (std::vector<TokenId>{'a', 'b', 'c', kStop}));
  EXPECT_EQ(made[0].loss_mask, (std::vector<std::uint8_t>{0, 0, 1, 1}));
  EXPECT_EQ(made[1].loss_mask, (std::vector<std::uint8_t>{0, 1, 1}));
  const auto all = examples({{{"prompt", "ab"}, {"completion", "c"}}}, {.completion_only_loss = false});
  EXPECT_EQ(all[0].loss_mask, (std::vector<std::uint8_t>{0, 1, 1, 1}));
}

TEST(TrainingExamples, ConversationsTrainTheAssistantUpToTheLastStop) {
  Json record = {{"messages",
                  {{{"role", "user"}, {"content", "q"}},
                   {{"role", "assistant"}, {"content", "yes"}},
                   {{"role", "user"}, {"content", "unanswered"}}}}};
  const auto made = examples({record});
  const std::string text = plain().tokenizer().decode(made[0].tokens, true);
  EXPECT_EQ(text, "\n\nHuman: q\n\nAssistant: yes<e>");
  EXPECT_EQ(std::count(made[0].loss_mask.begin(), made[0].loss_mask.end(), 1), 5);
  EXPECT_EQ(made[0].tokens.back(), kStop);
  EXPECT_EQ(made[0].loss_mask.back(), 1);
}

TEST(TrainingExamples, ConversationsTrainEveryTurnUpToTheLastStop) {
  const ChatFormat chatml(std::make_shared<ByteTokenizer>(
      std::vector<std::string>{"<|im_start|>", "<|im_end|>"}, "<|im_end|>", std::string(kChatMlTemplate)));
  const Json record = {
      {"messages", {{{"role", "user"}, {"content", "q"}}, {{"role", "assistant"}, {"content", "yes"}}}}};
  const auto made = training_examples({record}, chatml, {.assistant_only_loss = false});
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(chatml.tokenizer().decode(made[0].tokens, true),
            "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\nyes<|im_end|>");
  std::vector<std::uint8_t> every(made[0].tokens.size(), 1);
  every.front() = 0;
  EXPECT_EQ(made[0].loss_mask, every);
}

TEST(TrainingExamples, CutsLongOnesAndDropsWhatHasNoTarget) {
  TooLong too_long;
  const auto made =
      examples({{{"prompt", "abcdef"}, {"completion", "x"}}, {{"prompt", "abc"}, {"completion", "xyz"}}},
               {.max_length = 5}, &too_long);
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(too_long.left_out, 1);
  EXPECT_EQ(too_long.cut, 1);
  EXPECT_EQ(made[0].tokens, (std::vector<TokenId>{'a', 'b', 'c', 'x', 'y'}));
}

TEST(TrainingExamples, SaysWhatItCannotRead) {
  EXPECT_THROW(examples({{{"chosen", "a"}, {"rejected", "b"}}}), Error);
  EXPECT_THROW(examples({{{"text", 7}}}), Error);
  // All tokens trained, and the conversation does not end with the assistant: nothing would teach the stop.
  Json record = {{"messages", {{{"role", "user"}, {"content", "q"}}}}};
  EXPECT_THROW(examples({record}, {.assistant_only_loss = false}), Error);
}

TEST(WrappedExamples, CutsTheStreamIntoPieces) {
  const auto made = wrapped_examples({{{"text", "abc"}}, {{"text", "de"}}}, plain(), 3);
  ASSERT_EQ(made.size(), 2u);  // the last stop stands alone: nothing predicts it
  EXPECT_EQ(made[0].tokens, (std::vector<TokenId>{'a', 'b', 'c'}));
  EXPECT_EQ(made[1].tokens, (std::vector<TokenId>{kStop, 'd', 'e'}));
  for (const auto& piece : made) EXPECT_EQ(piece.loss_mask, (std::vector<std::uint8_t>{0, 1, 1}));
}

}  // namespace
}  // namespace nudge
