// Ids against those of TRL 1.16 and transformers 5.24 (tools/goldens/encoded_answers.py): texts, messages,
// pairs and whole conversations, on tokenizers of every kind. The cases sentencepiece-space and
// bos-plain-text are of these kinds.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "base/json.h"
#include "data/chat_format.h"
#include "data/examples.h"
#include "data/messages.h"
#include "data/preference_tokens.h"

namespace nudge {
namespace {

using Tokens = std::vector<TokenId>;
const std::filesystem::path kGoldens = NUDGE_SOURCE_DIR "/tests/goldens";

Json document_named(const std::string& name) {
  for (const char* file : {"tokenizers_sentencepiece.json", "tokenizers_byte_level.json"})
    for (const Json& golden : read_json(kGoldens / file))
      if (golden.at("name") == name) return golden.at("document");
  ADD_FAILURE() << name << " is none of the tokenizers";
  return {};
}

ChatFormat format_of(const Json& golden) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "encoded_answers_test";
  Json document = document_named(golden.at("name"));
  document["post_processor"] = golden.at("post_processor");
  write_file(folder / "tokenizer.json", to_line(document));
  write_file(folder / "tokenizer_config.json", to_line({{"bos_token", golden.at("bos")},
                                                        {"eos_token", golden.at("eos")},
                                                        {"chat_template", golden.at("chat_template")}}));
  return ChatFormat(Tokenizer::load(folder));
}

Tokens joined(const ChatFormat::Answer& answer, bool with_behind) {
  Tokens tokens = answer.prompt;
  tokens.insert(tokens.end(), answer.completion.begin(), answer.completion.end());
  if (with_behind) tokens.insert(tokens.end(), answer.behind.begin(), answer.behind.end());
  return tokens;
}

// What was sampled behind `before` reads back as the same ids.
void expect_decoded(const ChatFormat& format, const Prompt& prompt, const ChatFormat::Answer& answer,
                    const Tokens& before) {
  const auto unknown = [&](TokenId id) { return format.tokenizer().token(id) == "<unk>"; };
  if (answer.prompt != before || std::ranges::any_of(answer.completion, unknown)) return;
  const auto text = std::span(answer.completion).first(answer.completion.size() - 1);
  const std::string decoded = format.decode_answer(prompt, before, text, true);
  EXPECT_EQ(joined(format.encode_answer(prompt, decoded), false), joined(answer, false)) << decoded;
}

template <class Check>
void for_each_golden(const char* cases, Check check) {
  for (const Json& golden : read_json(kGoldens / "encoded_answers.json")) {
    const ChatFormat format = format_of(golden);
    for (const Json& one : golden.at(cases)) {
      SCOPED_TRACE(golden.at("name").get<std::string>() + ": " + to_line(one));
      check(format, one, one.at("ids").template get<Tokens>());
    }
  }
}

TEST(EncodedAnswers, OfPlainTexts) {
  for_each_golden("texts", [](const ChatFormat& format, const Json& one, const Tokens& ids) {
    const Prompt prompt{.id = "p", .text = one.at("prompt")};
    const std::string completion = one.at("completion");
    const Tokens before = one.at("prompt_ids");
    EXPECT_EQ(format.encode_prompt(prompt), before);
    const ChatFormat::Answer answer = format.encode_answer(prompt, completion);
    EXPECT_EQ(joined(answer, false), ids);
    EXPECT_EQ(answer.prompt.size(), one.at("begin").get<std::size_t>());
    EXPECT_EQ(format.encode_document(prompt.text + completion), ids) << "as one text";
    const PreferenceTokens pairs = preference_tokens(
        {{.prompt = prompt, .chosen = completion, .rejected = completion + "!"}}, format, 99);
    EXPECT_EQ(pairs.completions[0].prompt_tokens, answer.prompt);
    EXPECT_EQ(pairs.completions[0].completion_tokens, answer.completion);
    expect_decoded(format, prompt, answer, before);
  });
}

TEST(EncodedAnswers, OfPairs) {
  for_each_golden("pairs", [](const ChatFormat& format, const Json& one, const Tokens& prompt_ids) {
    const PreferencePair pair{.prompt = {.id = "p", .text = one.at("prompt")},
                              .chosen = one.at("chosen"),
                              .rejected = one.at("rejected")};
    const PreferenceTokens tokens = preference_tokens({pair}, format, 99);
    EXPECT_EQ(tokens.completions[0].prompt_tokens, prompt_ids);
    EXPECT_EQ(tokens.completions[0].completion_tokens, one.at("chosen_ids").get<Tokens>());
    EXPECT_EQ(tokens.completions[1].prompt_tokens, prompt_ids);
    EXPECT_EQ(tokens.completions[1].completion_tokens, one.at("rejected_ids").get<Tokens>());
  });
}

TEST(EncodedAnswers, OfConversations) {
  for_each_golden("conversations", [](const ChatFormat& format, const Json& one, const Tokens& ids) {
    const std::vector<Message> messages = read_messages(one.at("messages"), "golden");
    const Prompt prompt{.id = "p", .messages = {messages.begin(), messages.end() - 1}};
    const Tokens before = one.at("prompt_ids");
    EXPECT_EQ(format.encode_prompt(prompt), before);
    const ChatFormat::Answer answer = format.encode_answer(prompt, messages.back().content);
    EXPECT_EQ(joined(answer, true), ids);
    EXPECT_EQ(answer.prompt.size(), one.at("begin").get<std::size_t>());
    const ChatFormat::Conversation whole = format.encode_conversation(messages);
    EXPECT_EQ(whole.tokens, ids) << "as messages";
    EXPECT_EQ(whole.answers.back().begin, answer.prompt.size());
    EXPECT_EQ(whole.answers.back().end, joined(answer, false).size());
    EXPECT_EQ(whole.answers.size(), messages.size() / 2);
    expect_decoded(format, prompt, answer, before);
  });
}

// A special name in a message is ordinary text: the ids are those of a tokenizer that does not know the
// token.
TEST(EncodedAnswers, OfMessagesThatHoldSpecialNames) {
  int checked = 0;
  for_each_golden("forged", [&](const ChatFormat& format, const Json& one, const Tokens& ids) {
    EXPECT_EQ(format.encode_conversation(read_messages(one.at("messages"), "golden")).tokens, ids);
    ++checked;
  });
  EXPECT_GT(checked, 20);
}

}  // namespace
}  // namespace nudge
