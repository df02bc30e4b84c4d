#include "data/messages.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "data/record_keys.h"
#include "data/unused_keys.h"

namespace nudge {
namespace {

std::vector<Message> read(const char* text) {
  return read_messages(parse_json(text, "test"), "x");
}

// The conversation and the tools of case tool-calls.
constexpr const char* kCall =
    R"([{"role": "user", "content": "Rate of EUR?"}, {"role": "assistant", "content": "", "tool_calls":)"
    R"( [{"id": "c1", "type": "function", "function": {"name": "get_rate", "arguments": {"a": "EUR"}}}]}])";

TEST(ReadMessages, KeepsAllThatATurnSaysForTheTemplate) {
  const auto messages = read(kCall);
  EXPECT_EQ(messages_json(messages), parse_json(kCall, "test"));
  EXPECT_EQ(template_messages(messages), parse_json(kCall, "test"));
  EXPECT_EQ(shown_text(messages[1]), R"({"name":"get_rate","arguments":{"a":"EUR"}})");
}

// Case tool-calls, sharegpt.jsonl.
TEST(ReadMessages, ACallInATurnOfItsOwnIsTheAssistants) {
  const auto messages = read(
      R"([{"from": "human", "value": "Rate?"}, {"from": "function_call", "value": "{\"name\": \"rate\"}"},)"
      R"( {"from": "observation", "value": "1.1"}, {"from": "gpt", "value": "It is 1.1."}])");
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[1].role, "assistant");
  EXPECT_EQ(to_line(messages[1].further.at("tool_calls")),
            R"([{"type":"function","function":{"name":"rate","arguments":{}}}])");
  EXPECT_EQ(messages[2].role, "tool");
  EXPECT_EQ(messages[2].content, "1.1");
  EXPECT_EQ(messages[3].role, "assistant");
  EXPECT_FALSE(template_messages(messages)[1].contains("content"));

  const auto parallel = read(
      R"([{"role": "user", "content": "q"}, {"role": "tool_call", "content": "{\"name\": \"a\", \"arguments\": {}}"},)"
      R"( {"role": "tool_call", "content": "{\"name\": \"b\", \"arguments\": {}}"}, {"role": "tool_response", "content": "1"}])");
  ASSERT_EQ(parallel.size(), 3u) << "calls one behind the other are one turn's";
  EXPECT_EQ(parallel[1].further.at("tool_calls").size(), 2u);
  EXPECT_THROW(read(R"([{"from": "function_call", "value": "no JSON"}])"), Error);
  EXPECT_THROW(read(R"([{"from": "function_call", "value": "{\"arguments\": {}}"}])"), Error);
}

TEST(ReadMessages, OpenAisOldCallsBecomeToolCalls) {
  const auto messages = read(
      R"([{"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{\"a\": 1}"}}, )"
      R"({"role": "function", "name": "f", "content": "2"}])");
  EXPECT_EQ(messages[0].further.at("tool_calls")[0]["function"]["arguments"], R"({"a": 1})")
      << "as it stands";
  EXPECT_FALSE(messages[0].further.contains("function_call"));
  EXPECT_EQ(messages[1].role, "tool");
  EXPECT_EQ(messages[1].further.at("name"), "f");
}

// Case system-column, role.jsonl.
TEST(ReadMessages, KnowsTheRolesOfPublishedFiles) {
  for (const char* name : {"gpt", "chatgpt", "bing", "bard", "model", "bot", "assistant", "GPT"})
    EXPECT_EQ(role_named(name), "assistant") << name;
  for (const char* name : {"human", "user", "prompter", "User"}) EXPECT_EQ(role_named(name), "user") << name;
  for (const char* name : {"tool", "observation", "ipython", "function", "tool_response", "tool_responses"})
    EXPECT_EQ(role_named(name), "tool") << name;
  EXPECT_EQ(role_named("developer"), "system");
  EXPECT_EQ(role_named("Narrator"), "Narrator");
}

TEST(ReadMessages, ContentMayBePartsOrNothingBesideCalls) {
  EXPECT_EQ(
      read(R"([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}])")
          [0]
              .content,
      "ab");
  const auto silent =
      read(R"([{"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f"}}]}])");
  EXPECT_FALSE(template_messages(silent)[0].contains("content"));
  EXPECT_EQ(template_messages(read(R"([{"role": "tool", "content": {"rate": 1.5}}])"))[0]["content"],
            Json({{"rate", 1.5}}));
  for (const char* bad :
       {R"([{"role": "user", "content": null}])", R"([{"role": "assistant", "content": null}])",
        R"([{"role": "user"}])", R"([{"role": "user", "content": 7}])",
        R"([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}])"})
    EXPECT_THROW(read(bad), Error) << bad;
}

// Case loss-mask-fields.
TEST(ReadMessages, AMarkSaysWhetherATurnIsLearned) {
  for (const char* mark : {R"("weight": 0)", R"("loss": false)", R"("train": false)", R"("loss_mask": 0)",
                           R"("trainable": false)", R"("masked": true)", R"("loss_weight": 0.0)"}) {
    const auto messages =
        read((R"([{"role": "assistant", "content": "a", )" + std::string(mark) + "}]").c_str());
    EXPECT_FALSE(messages[0].train) << mark;
    EXPECT_TRUE(messages[0].further.is_null()) << "no business of the template's";
  }
  for (const char* mark : {R"("weight": 1)", R"("loss": true)", R"("loss": null)", R"("masked": false)"})
    EXPECT_TRUE(
        read((R"([{"role": "assistant", "content": "a", )" + std::string(mark) + "}]").c_str())[0].train)
        << mark;
  EXPECT_THROW(read(R"([{"role": "assistant", "content": "a", "weight": 0.5}])"), Error);
  const auto unlearned = read(R"([{"role": "assistant", "content": "a", "weight": 0}])");
  EXPECT_FALSE(read_messages(messages_json(unlearned), "x")[0].train) << "written and read again";
}

TEST(TemplateMessages, ReasoningStandsUnderEveryNameThatTemplatesRead) {
  for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
    const auto messages =
        read((R"([{"role": "assistant", "content": "4", ")" + std::string(name) + R"(": "two and two"}])")
                 .c_str());
    const Json turn = template_messages(messages)[0];
    EXPECT_EQ(turn.value("reasoning_content", ""), "two and two") << name;
    EXPECT_EQ(turn.value("thinking", ""), "two and two") << name;
  }
}

TEST(TemplateArguments, AreReadFromListsAndFromJsonText) {
  const Json tools = {{{"name", "rate"}}};
  EXPECT_EQ(template_arguments({{"tools", tools}}, "x"), Json({{"tools", tools}}));
  EXPECT_EQ(template_arguments({{"tools", R"([{"name": "rate"}])"}}, "x"), Json({{"tools", tools}}));
  EXPECT_EQ(template_arguments({{"tools", "[]"}, {"documents", nullptr}}, "x"), Json::object());
  EXPECT_EQ(template_arguments({{"tools", ""}}, "x"), Json::object());
  EXPECT_EQ(template_arguments({{"functions", tools}}, "x")["tools"][0]["function"], tools[0]);
  EXPECT_EQ(template_arguments({{"chat_template_kwargs", {{"enable_thinking", false}}}}, "x"),
            Json({{"enable_thinking", false}}));
  EXPECT_THROW(template_arguments({{"tools", "rate"}}, "x"), Error);
  EXPECT_THROW(template_arguments({{"tools", {{"name", "rate"}}}}, "x"), Error);
}

std::string named(const Json& record, DatasetUse use, std::string_view chat_template) {
  const auto [columns, turn_keys, roles] = unused_keys(Dataset("d", {record}), use, chat_template);
  std::string text;
  for (const auto& [name, count] : columns) text += name + ";";
  for (const auto& [name, count] : turn_keys) text += "turn " + name + ";";
  for (const auto& [name, count] : roles) text += "role " + name + ";";
  return text;
}

// Cases tool-calls (reasoning.jsonl), loss-mask-fields: what nothing reads is named.
TEST(UnusedKeys, NamesWhatNeitherNudgeNorTheTemplateReads) {
  const char* silent = "{{ messages[0].content }}";
  const Json reasoning = parse_json(
      R"({"messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4", "reasoning_content": "x"}]})",
      "t");
  EXPECT_EQ(named(reasoning, DatasetUse::demonstrations, silent), "turn reasoning_content;");
  EXPECT_EQ(named(reasoning, DatasetUse::prompts, silent), "turn reasoning_content;");
  EXPECT_EQ(named(reasoning, DatasetUse::demonstrations, "{{ message.reasoning_content }}"), "");
  EXPECT_EQ(
      named({{"prompt", "p"}, {"completion", "c"}, {"id", 1}, {"source", "web"}, {"score", 3}, {"empty", ""}},
            DatasetUse::demonstrations, ""),
      "score;");
  EXPECT_EQ(named({{"prompt", "p"}, {"answer", "c"}, {"score", 3}}, DatasetUse::prompts, ""), "")
      << "travels along";
  EXPECT_EQ(named({{"prompt", "p"}, {"tools", {{{"name", "f"}}}}}, DatasetUse::prompts, silent), "tools;");
  EXPECT_EQ(named({{"turns", {"a", "b"}}}, DatasetUse::prompts, ""), "turns beyond the first;");
  // Published forms are looked at as they are read: the answers of UltraFeedback are no turns.
  EXPECT_EQ(named({{"instruction", "q"},
                   {"correct_answers", {"x"}},
                   {"completions", {{{"response", "a"}, {"overall_score", 2}, {"critique", "good"}}}}},
                  DatasetUse::comparisons, silent),
            "correct_answers;");
  EXPECT_EQ(named({{"text", "t"}, {"messages", {{{"role", "user"}, {"content", "q"}, {"loss", true}}}}},
                  DatasetUse::demonstrations, silent),
            "text;turn loss;")
      << "no turn but the assistant's is learned";
  EXPECT_EQ(named({{"chat_template_kwargs", {{"enable_thinking", true}}}, {"prompt", "p"}},
                  DatasetUse::prompts, silent),
            "chat_template_kwargs.enable_thinking;");
  EXPECT_EQ(
      named({{"messages", {{{"role", "narrator"}, {"content", "q"}}}}}, DatasetUse::demonstrations, silent),
      "role narrator;");
}

// What `preferences simulate` writes of an answer that was cut off.
TEST(UnusedKeys, OurOwnExtraIsNoTurn) {
  EXPECT_EQ(named({{"prompt", "p"}, {"chosen", "a"}, {"rejected", "b"}, {"extra", {{"chosen_ended", false}}}},
                  DatasetUse::comparisons, ""),
            "");
}

TEST(RefuseMedia, PicturesInAColumnOfTheirOwn) {
  EXPECT_THROW(refuse_media({{"prompt", "p"}, {"images", {"a.png"}}}, "x"), Error);
  EXPECT_THROW(refuse_media({{"image", "a.png"}}, "x"), Error);
  EXPECT_NO_THROW(refuse_media({{"images", Json::array()}, {"image", nullptr}, {"video", ""}}, "x"));
}

TEST(UnusedKeys, ATemplateMentionsWholeWordsOnly) {
  EXPECT_TRUE(mentions("{% if message.tools %}", "tools"));
  EXPECT_FALSE(mentions("{{ builtin_tools }}", "tools"));
  EXPECT_FALSE(mentions("", "tools"));
}

}  // namespace
}  // namespace nudge
