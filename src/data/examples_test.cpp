#include "data/examples.h"

#include <gtest/gtest.h>

#include <tuple>

#include "base/error.h"
#include "data/byte_tokenizer_test.h"
#include "data/read_all_test.h"
#include "text/chat_template.h"

namespace nudge {
namespace {

constexpr TokenId kStop = 256;

const ChatFormat& plain() {
  static const ChatFormat format(std::make_shared<ByteTokenizer>(std::vector<std::string>{"<e>"}, "<e>", ""));
  return format;
}

TrainingExamples read_with(const std::vector<Json>& records, const ChatFormat& format,
                           const ExampleOptions& options = {}) {
  return read_all(records, [&](Dataset& dataset) { return training_examples(dataset, format, options); });
}

std::vector<Example> examples(const std::vector<Json>& records, const ExampleOptions& options = {}) {
  return read_with(records, plain(), options).examples;
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
  const auto made = read_with({record}, chatml, {.assistant_only_loss = false}).examples;
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(chatml.tokenizer().decode(made[0].tokens, true),
            "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\nyes<|im_end|>");
  std::vector<std::uint8_t> every(made[0].tokens.size(), 1);
  every.front() = 0;
  EXPECT_EQ(made[0].loss_mask, every);
}

// TRL 1.16 trains ChatML's newline behind the last end of turn, in every form of a record.
// A template that writes thoughts in the last turn only: each turn is learned with its own.
TEST(TrainingExamples, LearnsEachTurnAsTheLastOfItsOwnOnRequest) {
  const ChatFormat format(std::make_shared<ByteTokenizer>(
      std::vector<std::string>{"<e>"}, "<e>",
      "{% for m in messages %}[{{ m.role[0] }}]{% if loop.last and m.reasoning_content %}({{ "
      "m.reasoning_content }}){% endif %}"
      "{{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}[a]{% endif %}"));
  const auto turn = [](const char* role, const char* content, const char* thought = nullptr) {
    Json message = {{"role", role}, {"content", content}};
    if (thought) message["reasoning_content"] = thought;
    return message;
  };
  const Json record = {{"messages",
                        {turn("user", "q"), turn("assistant", "yes", "hm"), turn("user", "r"),
                         turn("assistant", "no", "so")}}};
  const auto trained = [&](bool split) {
    std::vector<std::string> texts;
    for (const Example& example : read_with({record}, format, {.split_turns = split}).examples) {
      std::vector<TokenId> tokens;
      for (std::size_t t = 0; t < example.tokens.size(); ++t)
        if (example.loss_mask[t]) tokens.push_back(example.tokens[t]);
      texts.push_back(format.tokenizer().decode(example.tokens, true) + " | " +
                      format.tokenizer().decode(tokens, true));
    }
    return texts;
  };
  const std::string last = "[u]q<e>[a]yes<e>[u]r<e>[a](so)no<e> | (so)no<e>";
  EXPECT_EQ(trained(false), (std::vector<std::string>{last}));
  EXPECT_EQ(trained(true), (std::vector<std::string>{"[u]q<e>[a](hm)yes<e> | (hm)yes<e>", last}));
}

// A call that the template writes into another text than its prompt, before its content, cannot be told (it
// was learned as an empty answer); the answer behind can.
TEST(TrainingExamples, ATurnThatCannotBeToldTakesNoOtherWithIt) {
  const ChatFormat format(std::make_shared<ByteTokenizer>(
      std::vector<std::string>{"<e>"}, "<e>",
      "{% if messages[-1].tool_calls %}calling: {% endif %}{% for m in messages %}[{{ m.role[0] }}]"
      "{% for call in m.tool_calls %}{{ call.function.name }}{% endfor %}{{ m.content }}<e>{% endfor %}"
      "{% if add_generation_prompt %}[a]{% endif %}"));
  const Json call = {{"type", "function"}, {"function", {{"name", "rate"}, {"arguments", Json::object()}}}};
  const Json asked = {{"role", "user"}, {"content", "q"}};
  const Json calls = {{"role", "assistant"}, {"content", ""}, {"tool_calls", {call}}};
  const Json result = {{"role", "tool"}, {"content", "3"}};
  const Json told = {{"role", "assistant"}, {"content", "three"}};
  const auto read = read_with({{{"messages", {asked, calls, result, told}}}}, format, {.split_turns = true});
  ASSERT_EQ(read.examples.size(), 1u);
  EXPECT_EQ(format.tokenizer().decode(read.examples[0].tokens, true), "[u]q<e>[a]rate<e>[t]3<e>[a]three<e>");
  ASSERT_EQ(read.left_out.size(), 1u);
  EXPECT_NE(read.left_out[0].reason.find("cannot be told"), std::string::npos);
  EXPECT_THROW(read_with({{{"messages", {asked, calls}}}}, format, {.split_turns = true}), Error);
}

// Marks that leave the end out are refused, also where what they hold ends with another added token.
TEST(TrainingExamples, RefusesMarksWithoutTheEnd) {
  const ChatFormat format(
      std::make_shared<ByteTokenizer>(std::vector<std::string>{"<e>", "<note>"}, "<e>",
                                      "{% for m in messages %}[{{ m.role }}]{% generation %}hm<note>{% "
                                      "endgeneration %}{{ m.content }}<e>{% endfor %}"));
  const Json record = {{"messages", {{{"role", "assistant"}, {"content", "yes"}}}}};
  EXPECT_THROW(read_with({record}, format), Error);
}

TEST(TrainingExamples, LearnsWhatStandsBehindTheAnswerOnRequest) {
  const ChatFormat chatml(std::make_shared<ByteTokenizer>(
      std::vector<std::string>{"<|im_start|>", "<|im_end|>"}, "<|im_end|>", std::string(kChatMlTemplate)));
  const Json turns = {{{"role", "user"}, {"content", "q"}}, {{"role", "assistant"}, {"content", "yes"}}};
  const std::vector<Json> records = {{{"messages", turns}},
                                     {{"prompt", Json::array({turns[0]})}, {"completion", "yes"}}};
  for (const bool learn : {false, true}) {
    for (const bool all : {false, true}) {
      const auto made =
          read_with(records, chatml,
                    {.completion_only_loss = !all, .assistant_only_loss = !all, .learn_behind_answer = learn})
              .examples;
      ASSERT_EQ(made.size(), 2u);
      for (const Example& example : made) {
        const std::string text = chatml.tokenizer().decode(example.tokens, true);
        EXPECT_TRUE(text.ends_with(learn ? "yes<|im_end|>\n" : "yes<|im_end|>")) << text;
        EXPECT_EQ(example.loss_mask.back(), 1);
        const auto trained = std::count(example.loss_mask.begin(), example.loss_mask.end(), 1);
        EXPECT_EQ(trained, all ? std::ssize(example.tokens) - 1 : 4 + learn);
      }
    }
  }
}

TEST(TrainingExamples, CutsLongOnesAndDropsWhatHasNoTarget) {
  const auto read =
      read_with({{{"prompt", "abcdef"}, {"completion", "x"}}, {{"prompt", "abc"}, {"completion", "xyz"}}},
                plain(), {.max_length = 5});
  ASSERT_EQ(read.examples.size(), 1u);
  ASSERT_EQ(read.left_out.size(), 1u);
  EXPECT_EQ(read.left_out[0].reason, "have no target token within --max_length");
  EXPECT_EQ(read.left_out[0].first, "test record 1");
  EXPECT_EQ(read.cut, 1);
  EXPECT_EQ(read.examples[0].tokens, (std::vector<TokenId>{'a', 'b', 'c', 'x', 'y'}));
}

std::string trained_text(const Example& example) {
  std::vector<TokenId> trained;
  for (std::size_t t = 0; t < example.tokens.size(); ++t)
    if (example.loss_mask[t]) trained.push_back(example.tokens[t]);
  return plain().tokenizer().decode(trained, true);
}

// Case loss-mask-fields.
TEST(TrainingExamples, ATurnMarkedAsNotToBeLearnedIsContext) {
  for (const auto& [key, no, yes] : {std::tuple{"weight", Json(0), Json(1)},
                                     {"loss", Json(false), Json(true)},
                                     {"train", Json(false), Json(true)},
                                     {"loss_mask", Json(0), Json(1)},
                                     {"masked", Json(true), Json(false)}}) {
    const Json record = {{"messages",
                          {{{"role", "user"}, {"content", "Q1"}},
                           {{"role", "assistant"}, {"content", "bad"}, {key, no}},
                           {{"role", "user"}, {"content", "Q2"}},
                           {{"role", "assistant"}, {"content", "good"}, {key, yes}}}}};
    EXPECT_EQ(trained_text(examples({record}).at(0)), " good<e>") << key;
    const std::string all = trained_text(examples({record}, {.assistant_only_loss = false}).at(0));
    EXPECT_EQ(all.find("bad"), std::string::npos) << key;
    EXPECT_NE(all.find("Q1"), std::string::npos) << key;
    Json none = record;
    none["messages"][3][key] = no;
    EXPECT_EQ(read_with({none}, plain()).left_out.at(0).reason, "have no assistant's turn to learn") << key;
  }
}

// Case system-column: such rows were counted as too long.
TEST(TrainingExamples, GivesTheTrueReasonForARowThatTeachesNothing) {
  const Json unanswered = {{"messages", {{{"role", "user"}, {"content", "q"}}}}};
  for (const bool assistant_only : {true, false}) {
    const auto read = read_with({unanswered, {{"text", ""}}, {{"prompt", "p"}, {"completion", ""}}}, plain(),
                                {.assistant_only_loss = assistant_only});
    EXPECT_TRUE(read.examples.empty());
    ASSERT_EQ(read.left_out.size(), 2u);
    EXPECT_EQ(read.left_out[0].reason, "have no assistant's turn to learn");
    EXPECT_EQ(read.left_out[1].reason, "hold an empty text or answer");
    EXPECT_EQ(read.left_out[1].count, 2);
  }
}

TEST(TrainingExamples, ReadsEachRecordByItsOwnColumns) {
  const std::vector<Json> forms = {{{"prompt", "ab"}, {"completion", "c"}},
                                   {{"question", "ab"}, {"answer", "c"}},
                                   {{"prompt", "ab"}, {"response", "c"}},
                                   {{"problem", "ab"}, {"solution", "c"}},
                                   {{"query", "ab"}, {"output", "c"}}};
  const auto made = examples(forms);
  ASSERT_EQ(made.size(), forms.size());
  for (const Example& each : made) EXPECT_EQ(each.tokens, made.front().tokens);
  const Json turns = {{{"role", "user"}, {"content", "ab"}}, {{"role", "assistant"}, {"content", "c"}}};
  const auto mixed = examples(
      {{{"text", "abc"}}, {{"instruction", "ab"}, {"input", ""}, {"output", "c"}}, {{"messages", turns}}});
  ASSERT_EQ(mixed.size(), 3u);
  EXPECT_EQ(mixed[1].tokens, mixed[2].tokens) << "Alpaca's columns are a user's turn and its answer";
}

TEST(TrainingExamples, SaysWhatItCannotRead) {
  EXPECT_THROW(examples({{{"chosen", "a"}, {"rejected", "b"}}}), Error);
  EXPECT_THROW(examples({{{"text", 7}}}), Error);
}

TEST(TrainingExamples, LearnsNoTurnThatSaysNothing) {
  const Json turns = {{{"role", "user"}, {"content", "q"}}, {{"role", "assistant"}, {"content", ""}}};
  const auto read = read_with({{{"messages", turns}}}, plain());
  EXPECT_TRUE(read.examples.empty());
  EXPECT_EQ(read.left_out.at(0).reason, "hold an empty text or answer");
  Json longer = turns;
  longer.push_back({{"role", "user"}, {"content", "r"}});
  longer.push_back({{"role", "assistant"}, {"content", "yes"}});
  const auto made = examples({{{"messages", longer}}});
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(std::count(made[0].loss_mask.begin(), made[0].loss_mask.end(), 1), 5);  // " yes" and the end
}

TEST(WrappedExamples, PassesOverEmptyDocuments) {
  const auto made = read_all({{{"text", ""}}, {{"text", "ab"}}, {{"text", ""}}},
                             [](Dataset& dataset) { return wrapped_examples(dataset, plain(), 99); });
  EXPECT_EQ(made.at(0).tokens, (std::vector<TokenId>{'a', 'b', kStop}));
}

TEST(WrappedExamples, CutsTheStreamIntoPieces) {
  const auto made = read_all({{{"text", "abc"}}, {{"text", "de"}}},
                             [](Dataset& dataset) { return wrapped_examples(dataset, plain(), 3); });
  ASSERT_EQ(made.size(), 2u);  // the last stop stands alone: nothing predicts it
  EXPECT_EQ(made[0].tokens, (std::vector<TokenId>{'a', 'b', 'c'}));
  EXPECT_EQ(made[1].tokens, (std::vector<TokenId>{kStop, 'd', 'e'}));
  for (const auto& piece : made) EXPECT_EQ(piece.loss_mask, (std::vector<std::uint8_t>{0, 1, 1}));
}

TEST(WrappedExamples, PutsEachDocumentIntoTheTokenizersFrame) {
  const auto stream = [](const char* bos) {
    const ChatFormat format(
        std::make_shared<ByteTokenizer>(std::vector<std::string>{"<e>", "<s>"}, "<e>", "", bos));
    const auto made = read_all({{{"text", "ab"}}, {{"text", "c"}}},
                               [&](Dataset& dataset) { return wrapped_examples(dataset, format, 99); });
    return made.at(0).tokens;
  };
  EXPECT_EQ(stream(""), (std::vector<TokenId>{'a', 'b', kStop, 'c', kStop}));
  EXPECT_EQ(stream("<s>"), (std::vector<TokenId>{257, 'a', 'b', kStop, 257, 'c', kStop}));
  EXPECT_EQ(stream("<e>"), (std::vector<TokenId>{kStop, 'a', 'b', kStop, 'c', kStop})) << "between them once";
}

}  // namespace
}  // namespace nudge
