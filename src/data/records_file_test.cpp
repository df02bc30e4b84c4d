#include "data/records_file.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include "base/error.h"
#include "base/files.h"
#include "data/parquet.h"

namespace nudge {
namespace {

class RecordsFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("nudge-records-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(const std::string& name, const std::string& bytes) {
    write_file(folder_ / name, bytes);
    return folder_ / name;
  }
  std::string error_of(const std::filesystem::path& path) {
    try {
      read_records(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  std::filesystem::path folder_;
};

TEST_F(RecordsFile, ReadsLinesArraysAndDocuments) {
  auto lines = read_records(file("a.jsonl", "{\"text\": \"one\"}\r\n\n{\"text\": \"zw\xC3\xB6lf\"}"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1]["text"], "zw\xC3\xB6lf");

  auto array = read_records(file("a.json", " [{\"prompt\": \"p\"}, {\"prompt\": \"q\"}]\n"));
  ASSERT_EQ(array.size(), 2u);
  EXPECT_EQ(array[1]["prompt"], "q");

  auto documents =
      read_records(file("a.txt", "\xEF\xBB\xBFOnce.\n<|endoftext|>\n\n Twice.\nMore.<|endoftext|>\n"));
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0]["text"], "Once.");
  EXPECT_EQ(documents[1]["text"], "Twice.\nMore.");
}

TEST_F(RecordsFile, ReadsGzip) {
  const auto path = folder_ / "a.jsonl.gz";
  gzFile out = gzopen(path.c_str(), "wb");
  gzputs(out, "{\"text\": \"packed\"}\n");
  gzclose(out);
  EXPECT_EQ(read_records(path).at(0)["text"], "packed");
}

TEST_F(RecordsFile, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_NE(error_of(file("a.jsonl", "{\"a\": 1}\n\n{\"a\": \n")).find("a.jsonl line 3"), std::string::npos);
  EXPECT_NE(error_of(file("b.jsonl", "{\"a\": 1}\n[1, 2]\n")).find("b.jsonl line 2"), std::string::npos);
  EXPECT_NE(error_of(file("c.txt", "plain\ncaf\xE9\n")).find("c.txt line 2 is not valid UTF-8"),
            std::string::npos);
  EXPECT_NE(error_of(file("d.json", "[{}, 7]")).find("d.json record 2"), std::string::npos);
}

TEST_F(RecordsFile, RefusesEmptyAndUnknownFiles) {
  for (const char* name : {"e.jsonl", "e.txt", "e.json"})
    EXPECT_NE(error_of(file(name, "\n \n")).find("dataset is empty"), std::string::npos) << name;
  EXPECT_NE(error_of(file("e.json", "[]")).find("dataset is empty"), std::string::npos);
  EXPECT_NE(error_of(file("e.arrow", "ARROW1")).find(".parquet, .jsonl, .json, .csv or .txt"),
            std::string::npos);
  EXPECT_NE(error_of(file("e.parquet", "PAR1"))
                .find(reads_parquet() ? "the Parquet file cannot be read" : "to_json('e.jsonl'"),
            std::string::npos);
  EXPECT_NE(error_of("nobody/nothing").find("hf download nobody/nothing --repo-type dataset"),
            std::string::npos);
  for (const char* name : {"absent.jsonl", "absent.csv", "absent"})
    EXPECT_NE(error_of(folder_ / name).find("No such file"), std::string::npos) << name;
  EXPECT_NE(error_of(file("e.csv", "a,b\n")).find("a heading and at least one row"), std::string::npos);
}

TEST_F(RecordsFile, TellsAnObjectOverSeveralLinesFromBrokenLines) {
  EXPECT_NE(
      error_of(file("f.json", "{\n  \"prompt\": \"p\"\n}\n")).find("one JSON object over several lines"),
      std::string::npos);
  EXPECT_NE(error_of(file("f.jsonl", "{\n  \"prompt\": \n")).find("f.jsonl line 1"), std::string::npos);
  EXPECT_EQ(read_records(file("g.json", "{\"prompt\": \"p\"}\n")).size(), 1u);
  EXPECT_NE(error_of(file("h.json", R"({"version": 1, "train": [{"prompt": "p"}, {"prompt": "q"}]})"))
                .find("one JSON object around a list of records, \"train\""),
            std::string::npos);
  EXPECT_EQ(
      read_records(file("i.json", R"({"messages": [{"role": "user"}], "tools": [{"name": "f"}]})")).size(),
      1u);
}

TEST_F(RecordsFile, NamesUtf16) {
  EXPECT_NE(error_of(file("a.jsonl", "\xFF\xFE{")).find("iconv -f utf-16 -t utf-8"), std::string::npos);
}

TEST(PromptOf, ReadsEveryForm) {
  auto plain = prompt_of({{"prompt", "Say"}, {"kind", "capital"}}, "x");
  EXPECT_EQ(plain.text, "Say");
  EXPECT_EQ(plain.id, "Say");
  EXPECT_EQ(plain.extra, Json({{"kind", "capital"}}));

  auto question = prompt_of({{"question", "Why?"}, {"id", 7}}, "x");
  EXPECT_EQ(question.text, "Why?");
  EXPECT_EQ(question.id, "7");

  Json chat = {
      {"messages", {{{"role", "user"}, {"content", "Hi"}}, {{"role", "assistant"}, {"content", "Yes"}}}}};
  auto conversation = prompt_of(chat, "x");
  ASSERT_EQ(conversation.messages.size(), 1u);
  EXPECT_EQ(conversation.question(), "Hi");
  EXPECT_FALSE(conversation.id.empty());

  chat["question"] = "The same in plain text";
  EXPECT_EQ(prompt_of(chat, "x").question(), "Hi");
  EXPECT_TRUE(prompt_of(chat, "x").conversational());
  EXPECT_EQ(prompt_of(chat, "x").extra, Json({{"question", "The same in plain text"}}));
  chat["prompt"] = "Another";
  EXPECT_EQ(prompt_of(chat, "x").text, "Another");

  Json shared = {
      {"conversations", {{{"from", "human"}, {"value", "Hi"}}, {{"from", "gpt"}, {"value", "Yes"}}}}};
  EXPECT_EQ(prompt_of(shared, "x").messages.at(0).role, "user");

  auto transcript =
      prompt_of({{"prompt", "\n\nHuman: One\n\nAssistant: Two\n\nHuman: Three\n\nAssistant:"}}, "x");
  ASSERT_EQ(transcript.messages.size(), 3u);
  EXPECT_EQ(transcript.messages[1].content, "Two");
  EXPECT_EQ(transcript.messages[2].role, "user");
}

TEST(PromptOf, ReadsWhatPublishedFilesCallAPrompt) {
  const auto turns = [](const Json& record) {
    std::string text;
    for (const Message& message : prompt_of(record, "x").messages)
      text += message.role + ": " + message.content + "\n";
    return text;
  };
  EXPECT_EQ(prompt_of({{"problem", "1+1?"}, {"solution", "2"}}, "x").text, "1+1?");
  EXPECT_EQ(turns({{"turns", {"One", "Two"}}, {"question_id", 81}}), "user: One\n");
  EXPECT_EQ(turns({{"instruction", "Greet"}, {"input", "me"}, {"output", "Hi"}}), "user: Greet\n\nme\n");
  EXPECT_EQ(turns({{"instruction", "C"},
                   {"input", ""},
                   {"system", "S"},
                   {"history", Json::array({Json::array({"A", "B"})})}}),
            "system: S\nuser: A\nassistant: B\nuser: C\n");
  // Case system-column: in prompts.
  const Json shared = {
      {"conversations", {{{"from", "human"}, {"value", "Hello"}}, {{"from", "gpt"}, {"value", "Ahoy!"}}}},
      {"system", "You are a pirate."}};
  EXPECT_EQ(turns(shared), "system: You are a pirate.\nuser: Hello\n");
  EXPECT_FALSE(prompt_of(shared, "x").extra.contains("system"));
  EXPECT_EQ(turns({{"prompt", "Hello"}, {"system_prompt", "S"}}), "system: S\nuser: Hello\n");
  EXPECT_EQ(prompt_of({{"prompt", "Hello"}, {"system", ""}}, "x").text, "Hello");
}

TEST(PromptOf, SaysWhatIsMissing) {
  EXPECT_THROW(prompt_of({{"text", "no prompt"}}, "x"), Error);
  EXPECT_THROW(prompt_of({{"prompt", 7}}, "x"), Error);
  EXPECT_THROW(prompt_of({{"messages", {{{"role", "user"}}}}}, "x"), Error);
  EXPECT_THROW(prompt_of({{"messages", {{{"role", "assistant"}, {"content", "only"}}}}}, "x"), Error);
}

}  // namespace
}  // namespace nudge
