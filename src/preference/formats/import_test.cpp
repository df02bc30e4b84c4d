#include "preference/formats/import.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "data/csv.h"
#include "preference/agreement_report.h"
#include "preference/formats/raw.h"

namespace nudge {
namespace {

using Ranks = std::vector<std::int64_t>;

class Import : public testing::Test {
 protected:
  ~Import() override { std::filesystem::remove(path_); }

  Imported read(const std::string& text, const std::string& extension = ".jsonl",
                ImportFormat format = ImportFormat::automatic) {
    path_ = std::filesystem::path(testing::TempDir()) / ("import_test" + extension);
    write_file(path_, text);
    return import_file(path_, {.format = format, .source = "s"});
  }

  /// The answer that the vote prefers of two.
  static std::string preferred(const Imported& imported, std::size_t vote = 0) {
    const Vote& each = imported.votes.at(vote);
    for (const Comparison& comparison : imported.comparisons)
      if (comparison.id == each.comparison) return comparison.answers[each.ranks[0] == 0 ? 0 : 1].content;
    return "no such comparison";
  }

  std::filesystem::path path_;
};

/// Roles and contents, one line a turn.
std::string turns(const Comparison& comparison) {
  std::string lines;
  for (const Message& message : comparison.prompt.messages)
    lines += message.role + ": " + message.content + "\n";
  return lines;
}

TEST_F(Import, PairsOfTrlInTheirFourShapes) {
  std::set<std::string> ids;
  for (
      const char* record :
      {R"({"prompt": "Hi ", "chosen": "good", "rejected": "bad"})",
       R"({"chosen": "Hi there, good", "rejected": "Hi there, bad"})",
       R"({"prompt": [{"role": "user", "content": "Hi"}], "chosen": [{"role": "assistant", "content": "good"}],
            "rejected": [{"role": "assistant", "content": "bad"}]})",
       R"({"chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "good"}],
            "rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "bad"}]})",
       R"({"instruction": "Greet", "input": "me", "chosen": "good", "rejected": "bad"})",
       R"({"chosen": "\n\nHuman: Hi\n\nAssistant: good", "rejected": "\n\nHuman: Hi\n\nAssistant: bad"})"}) {
    const Imported imported = read(to_line(parse_json(record, "test")) + "\n");
    EXPECT_EQ(imported.format, "pairs");
    ASSERT_EQ(imported.votes.size(), 1u) << record;
    const std::string best = preferred(imported);
    EXPECT_TRUE(best == "good" || best == " good") << best;
    EXPECT_EQ(imported.comparisons[0].id.size(), 24u);
    ids.insert(imported.comparisons[0].id);
  }
  EXPECT_GT(ids.size(), 3u);  // they say different things
}

TEST_F(Import, APairKeepsWhatIsKnownOfTheVote) {
  const Imported imported = read(
      R"({"prompt": "p", "chosen": "x", "rejected": "y", "shown_left": "rejected", "rater": "ann", "strength": 3,)"
      R"( "time": "2026-01-01T00:00:00Z", "seconds": 4.5, "kind": "k", "source": "web", "rejected_model": "m"})");
  const Comparison& comparison = imported.comparisons.at(0);
  const Vote& vote = imported.votes.at(0);
  EXPECT_EQ(comparison.answers[0].content, "y");  // as shown
  EXPECT_EQ(comparison.answers[0].model, "m");
  EXPECT_EQ(comparison.source, "web");
  EXPECT_EQ(comparison.prompt.extra, Json({{"kind", "k"}}));
  EXPECT_EQ(vote.ranks, (Ranks{1, 0}));
  EXPECT_EQ(vote.shown, (Ranks{0, 1}));
  EXPECT_EQ(vote.rater, "ann");
  EXPECT_EQ(vote.strength, 3);
  EXPECT_EQ(vote.seconds, 4.5);
}

TEST_F(Import, ColumnsDoNotDecideWhichAnswerComesFirst) {
  std::string lines;
  for (int i = 0; i < 200; ++i)
    lines += to_line({{"prompt", std::to_string(i)}, {"chosen", "x"}, {"rejected", "y"}}) + "\n";
  int first = 0;
  for (const Vote& vote : read(lines).votes) first += vote.ranks[0] == 0;
  EXPECT_NEAR(first, 100, 25);
}

TEST_F(Import, SeveralRatersOfOnePairVoteOnOneComparison) {
  const Imported imported = read(R"({"prompt": "p", "chosen": "x", "rejected": "y", "rater": "ann"}
{"prompt": "p", "chosen": "y", "rejected": "x", "rater": "ben"}
{"prompt": "p", "chosen": "y", "rejected": "x", "rater": "ann"}
)");
  ASSERT_EQ(imported.comparisons.size(), 2u);  // ann was asked again
  ASSERT_EQ(imported.votes.size(), 3u);
  const std::string first = imported.votes[0].comparison;
  EXPECT_EQ(imported.votes[1].comparison, first);
  EXPECT_EQ(imported.votes[2].comparison, first + "-2");
  EXPECT_EQ(preferred(imported, 0), "x");
  EXPECT_EQ(preferred(imported, 1), "y");
}

TEST_F(Import, Rankings) {
  const Imported imported = read(
      R"({"prompt": "p", "completions": ["a", {"text": "b", "model": "m"}, [{"role": "assistant", "content": "c"}]],)"
      R"( "ranks": [3, 1, 3], "rater": "ann"}
{"prompt": "p", "completions": ["a", "b"], "ranks": [1]}
{"prompt": "p", "completions": ["a", true], "ranks": [1, 2]}
{"prompt": "p", "completions": ["a", "a"], "ranks": [1, 2]}
)");
  EXPECT_EQ(imported.format, "ranking");
  ASSERT_EQ(imported.votes.size(), 1u);
  EXPECT_EQ(imported.votes[0].ranks, (Ranks{1, 0, 1}));
  EXPECT_EQ(imported.comparisons[0].answers[1].model, "m");
  EXPECT_EQ(imported.left_out.size(), 3u);
  EXPECT_EQ(imported.left_out[0].first, 2u);
  EXPECT_EQ(imported.left_out[0].what, "there are 1 ranks for 2 completions");
}

TEST_F(Import, CandidatesWaitForTheirRaters) {
  const Imported imported = read(
      R"({"prompt": "p", "completions": [{"text": "a", "ended": true, "tokens": [1, 2]}, {"text": "b"}, {"text": "a"}]}
{"prompt": "q", "completions": [{"text": "a"}, {"text": "a"}]}
)");
  ASSERT_EQ(imported.comparisons.size(), 1u);
  EXPECT_TRUE(imported.votes.empty());
  EXPECT_EQ(imported.comparisons[0].answers.size(), 2u);
  EXPECT_EQ(imported.comparisons[0].answers[0].extra, Json({{"ended", true}}));
  EXPECT_EQ(imported.left_out.at(0).count, 1);
}

TEST_F(Import, LabelsOfOnePromptTogether) {
  const Imported imported = read(R"({"prompt": "p", "completion": "a", "label": false}
{"prompt": "p", "completion": "b", "label": true}
{"prompt": "q", "completion": "a", "label": false}
{"prompt": "q", "completion": "b", "label": false}
{"prompt": "r", "completion": "a", "label": true}
{"prompt": "r", "completion": "b", "label": "yes"}
)");
  EXPECT_EQ(imported.format, "kto");
  ASSERT_EQ(imported.votes.size(), 2u);
  EXPECT_EQ(imported.votes[0].ranks, (Ranks{1, 0}));
  EXPECT_EQ(imported.votes[1].outcome, Outcome::both_bad);
  ASSERT_EQ(imported.left_out.size(), 2u);
  EXPECT_EQ(imported.left_out[0].first, 6u);  // a label that is a text
  EXPECT_EQ(imported.left_out[1].first, 5u);  // alone
}

TEST_F(Import, NamesAndLabelsMayBeNumbers) {
  const Imported pairs = read(R"({"prompt": "p", "chosen": "a", "rejected": "b", "rater": 17, "source": 3})"
                              "\n");
  EXPECT_EQ(pairs.votes.at(0).rater, "17");
  EXPECT_EQ(pairs.comparisons.at(0).source, "3");
  const Imported labels = read(R"({"prompt": "p", "completion": "a", "label": 1, "rater": 17}
{"prompt": "p", "completion": "b", "label": 0, "rater": 17}
{"prompt": "p", "completion": "c", "label": 2, "rater": 17}
)");
  ASSERT_EQ(labels.votes.size(), 1u);
  EXPECT_EQ(labels.votes[0].ranks, (Ranks{0, 1}));
  EXPECT_EQ(labels.votes[0].rater, "17");
  EXPECT_EQ(labels.left_out.at(0).first, 3u);
  EXPECT_EQ(read("prompt,completion,label\np,a,0\np,b,1\n", ".csv").votes.at(0).ranks, (Ranks{1, 0}));
}

TEST_F(Import, WholeConversationsBesideTheirPromptAsUltraFeedbackHasThem) {
  const Imported imported = read(
      R"({"prompt": "Hi", "prompt_id": "h", "chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "good"}],)"
      R"( "rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "bad"}],)"
      R"( "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "good"}], "score_chosen": 8.5})"
      "\n"
      R"({"prompt": "Who?", "chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "good"}],)"
      R"( "rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "bad"}]})"
      "\n");
  ASSERT_EQ(imported.votes.size(), 1u);
  EXPECT_EQ(turns(imported.comparisons[0]), "user: Hi\n");
  EXPECT_EQ(preferred(imported), "good");
  EXPECT_EQ(imported.comparisons[0].prompt.extra["score_chosen"], 8.5);
  EXPECT_FALSE(imported.comparisons[0].prompt.extra.contains("messages")) << "it says which one won";
  EXPECT_EQ(imported.left_out.at(0).first, 2u) << "they answer something else";
}

TEST_F(Import, SaysWhichRankIsNoNumber) {
  const Imported imported = read(R"({"prompt": "p", "completions": ["a", "b"], "ranks": [0, 1]}
{"prompt": "p", "completions": ["a", "b"], "ranks": ["1", "2"]}
{"prompt": "p", "completions": ["a", "b"], "ranks": [0, null]}
)");
  ASSERT_EQ(imported.left_out.size(), 2u);
  EXPECT_EQ(imported.left_out[0].what, "ranks are numbers, but the one of answer 1 is \"1\"");
  EXPECT_EQ(imported.left_out[1].what, "ranks are numbers, but the one of answer 2 is null");
}

TEST_F(Import, ShareGptOfLlamaFactory) {
  const Imported imported = read(
      R"([{"conversations": [{"from": "human", "value": "Hi"}], "chosen": {"from": "gpt", "value": "good"},)"
      R"( "rejected": {"from": "gpt", "value": "bad"}},)"
      R"({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "?"}],)"
      R"( "chosen": {"from": "gpt", "value": "good"}, "rejected": {"from": "gpt", "value": "bad"}},)"
      R"({"conversations": true, "chosen": {"from": "gpt", "value": "good"}, "rejected": 3}])",
      ".json");
  EXPECT_EQ(imported.format, "sharegpt");
  ASSERT_EQ(imported.votes.size(), 1u);
  EXPECT_EQ(preferred(imported), "good");
  EXPECT_EQ(imported.comparisons[0].prompt.messages.at(0).content, "Hi");
  EXPECT_EQ(imported.left_out.size(), 2u);
}

TEST_F(Import, TheSystemPromptAndTheHistoryArePartOfThePrompt) {
  Imported imported = read(
      R"([{"conversations": [{"from": "human", "value": "Hi"}], "system": "Be terse.",
          "chosen": {"from": "gpt", "value": "good"}, "rejected": {"from": "gpt", "value": "bad"}}])",
      ".json");
  EXPECT_EQ(turns(imported.comparisons.at(0)), "system: Be terse.\nuser: Hi\n");
  EXPECT_FALSE(imported.comparisons[0].prompt.extra.contains("system"));
  imported = read(
      R"([{"conversations": [{"from": "system", "value": "Rhyme."}, {"from": "human", "value": "Hi"}], "system": "Be terse.",
          "chosen": {"from": "gpt", "value": "good"}, "rejected": {"from": "gpt", "value": "bad"}}])",
      ".json");
  EXPECT_EQ(turns(imported.comparisons.at(0)), "system: Rhyme.\nuser: Hi\n") << "the conversation's own";
  imported = read(
      R"({"system": "Be terse.", "history": [["a", "b"], ["c", "d"]], "instruction": "Greet", "input": "me",)"
      R"( "chosen": " good", "rejected": "bad"})"
      "\n"
      R"({"system": "", "history": [], "instruction": "Greet", "input": "", "chosen": "good", "rejected": "bad"})"
      "\n"
      R"({"system": "", "history": [["a"]], "instruction": "Greet", "chosen": "good", "rejected": "bad"})"
      "\n");
  ASSERT_EQ(imported.comparisons.size(), 2u);
  EXPECT_EQ(turns(imported.comparisons[0]),
            "system: Be terse.\nuser: a\nassistant: b\nuser: c\nassistant: d\nuser: Greet\n\nme\n");
  EXPECT_EQ(preferred(imported, 0), " good");
  EXPECT_EQ(turns(imported.comparisons[1]), "user: Greet\n");
  EXPECT_EQ(imported.left_out.at(0).first, 3u);
}

TEST_F(Import, AHistoryMayBeMessagesAndWhatIsNoneStays) {
  const Imported imported = read(
      R"({"history": [{"role": "system", "content": "Rhyme."}, {"role": "user", "content": "a"}, {"from": "gpt", "value": "b"}],)"
      R"( "system": "Be terse.", "instruction": "Greet",)"
      R"( "chosen": "good", "rejected": "bad"})"
      "\n"
      R"({"history": "seen twice", "system": {"os": "linux"}, "instruction": "Greet", "chosen": "good", "rejected": "bad"})"
      "\n"
      R"({"history": [[1, 2]], "system": 3, "instruction": "Greet", "chosen": "good", "rejected": "bad"})"
      "\n"
      R"({"history": null, "system": null, "instruction": "Greet", "chosen": "good", "rejected": "bad"})"
      "\n");
  ASSERT_EQ(imported.comparisons.size(), 4u);
  EXPECT_EQ(turns(imported.comparisons[0]), "system: Rhyme.\nuser: a\nassistant: b\nuser: Greet\n");
  EXPECT_FALSE(imported.comparisons[0].prompt.extra.contains("history"));
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(turns(imported.comparisons[i]), "user: Greet\n");
  EXPECT_EQ(imported.comparisons[1].prompt.extra.at("history"), "seen twice");
  EXPECT_EQ(imported.comparisons[1].prompt.extra.at("system"), Json({{"os", "linux"}}));
  EXPECT_EQ(imported.comparisons[2].prompt.extra.at("history"), Json::parse("[[1, 2]]"));
  EXPECT_EQ(imported.comparisons[2].prompt.extra.at("system"), 3);
}

// Case one-bad-line.
TEST_F(Import, ALineThatIsNoJsonStopsNothing) {
  const std::string good = R"({"prompt":"d?","chosen":"e","rejected":"f"})"
                           "\n";
  for (const char* bad : {R"({"prompt":"a?","chosen":"b \ud83d","rejected":"c"})",
                          R"({"prompt":"a?","chosen":"b","rejected":"c","margin":NaN})", "{\"prompt\": \"cut",
                          "{\"prompt\": \"caf\xE9\"}", "7"}) {
    const Imported imported = read(std::string(bad) + "\n" + good);
    EXPECT_EQ(imported.comparisons.size(), 1u) << bad;
    ASSERT_EQ(imported.left_out.size(), 1u) << bad;
    EXPECT_EQ(imported.left_out[0].first, 1u);
    EXPECT_FALSE(imported.left_out[0].what.empty());
  }
}

TEST_F(Import, EachRecordIsReadByItsOwnColumns) {
  const Imported imported = read(R"({"prompt":"d?","chosen":"e","rejected":"f"})"
                                 "\n"
                                 R"({"prompt":"q","completions":["x","y"],"ranks":[0,1]})"
                                 "\n"
                                 R"({"unknown":1})"
                                 "\n");
  EXPECT_EQ(imported.format, "ranking and pairs");
  EXPECT_EQ(imported.comparisons.size(), 2u);
  ASSERT_EQ(imported.left_out.size(), 1u);
  EXPECT_EQ(imported.left_out[0].first, 3u);
}

TEST_F(Import, SecondsThatNobodyTookAreLeftOut) {
  const Imported imported = read(
      "prompt,chosen,rejected,seconds\np,a,b,2.5\np,c,d,nan\np,e,f,-1\np,g,h,inf\np,i,j,1e999\n", ".csv");
  ASSERT_EQ(imported.votes.size(), 1u);
  EXPECT_EQ(imported.votes[0].seconds, 2.5);
}

TEST_F(Import, CsvAsSpreadsheetsWriteIt) {
  const Imported imported = read(
      "\xEF\xBB\xBFprompt,chosen,rejected,rater,strength\r\n"
      "\"Say \"\"hi\"\",\nplease\",'=good,bad,ann,4\r\n"
      "only,three,cells\r\n"
      "\"[{\"\"role\"\": \"\"user\"\", \"\"content\"\": \"\"Hi\"\"}]\",true,42,,\r\n",
      ".csv");
  ASSERT_EQ(imported.votes.size(), 2u);
  EXPECT_EQ(imported.comparisons[0].prompt.text, "Say \"hi\",\nplease");
  EXPECT_EQ(preferred(imported, 0), "=good");
  EXPECT_EQ(imported.votes[0].strength, 4);
  EXPECT_EQ(preferred(imported, 1), "true");  // a text, in a column of texts
  EXPECT_EQ(imported.comparisons[1].prompt.messages.at(0).content, "Hi");
  EXPECT_EQ(imported.left_out.at(0).first, 2u);
  EXPECT_EQ(imported.left_out.at(0).what, "the row has another number of cells than the heading");
}

/// Every column of a good record in turn becomes something that it should not be; a second, good record
/// stays.
TEST_F(Import, AnythingInAnyColumnIsLeftOutAndNeverStopsTheRest) {
  const char* const good[] = {
      R"({"id": "c", "prompt": {"id": "p", "text": "p"}, "answers": [{"content": "a"}, {"content": "b"}]})",
      R"({"prompt": "p", "chosen": "a", "rejected": "b", "rater": "r", "strength": 1, "margin": 1, "tie": false,
          "shown_left": "chosen", "seconds": 1, "time": "t", "source": "s", "extra": {}})",
      R"({"prompt": "p", "completions": ["a", "b"], "ranks": [0, 1]})",
      R"({"prompt": "p", "completions": [{"text": "a", "ended": true}, {"text": "b"}]})",
      R"({"prompt": "p", "completion": "a", "label": true, "ended": true})",
      R"({"conversations": [{"from": "human", "value": "p"}], "chosen": {"from": "gpt", "value": "a"},
          "rejected": {"from": "gpt", "value": "b"}})",
      R"({"instruction": "p", "input": "", "response1": "a", "response2": "b", "annotator1": 1, "cmp_key": "x_y"})",
      R"({"input": "p", "output_1": "a", "output_2": "b", "label": 2})",
      R"({"question": "p", "prediction 1": "a", "prediction 2": "b", "preference": [1]})"};
  const Json odd[] = {nullptr,
                      true,
                      1.5,
                      -7,
                      1e300,
                      "",
                      "text",
                      Json::array(),
                      Json::array({true, "a"}),
                      Json::array({Json::array({1})}),
                      Json::object(),
                      Json({{"role", 1}}),
                      Json::array({Json({{"role", "user"}, {"content", Json::array()}})})};
  for (const char* text : good) {
    const Json record = parse_json(text, "test");
    const ImportFormat format = detect_format(record).value();
    for (const auto& [column, value] : record.items())
      for (const Json& wrong : odd) {
        Json broken = record;
        broken[column] = wrong;
        // Twice the good one under another id and prompt, so that single labels (kto) have a neighbour.
        Json other = record;
        if (other.contains("id")) other["id"] = "other";
        std::string lines = to_line(broken) + "\n" + to_line(other) + "\n";
        if (format == ImportFormat::kto) {
          other["completion"] = "b";
          lines += to_line(other) + "\n";
        }
        EXPECT_FALSE(read(lines, ".jsonl", format).comparisons.empty()) << lines;
      }
  }
}

TEST(Csv, EscapesWhatASpreadsheetWouldRun) {
  EXPECT_EQ(csv_row({"=1+1", "+1", "-1", "@a", "\tx", "'=1", "a=1", ""}),
            "'=1+1,'+1,'-1,'@a,'\tx,''=1,a=1,\r\n");
  const std::vector<std::string> cells = {"=HYPERLINK(\"x\"), or", "-", "'quoted'", "''-",
                                          "line\r\nend",           "ü"};
  const Json back = read_csv(csv_row({"a", "b", "c", "d", "e", "f"}) + csv_row(cells), "test").at(0);
  for (std::size_t i = 0; i < cells.size(); ++i)
    EXPECT_EQ(back[std::string(1, static_cast<char>('a' + i))], cells[i]);
  EXPECT_THROW(read_csv("a,b\n\"open", "test"), Error);
}

TEST_F(Import, RawReadsBackToTheSameBytes) {
  const Imported first = read(
      R"({"prompt": "p", "completions": ["a", "b", "c"], "ranks": [1, 0, 1], "rater": "ann", "kind": 3})");
  const std::string lines = raw_lines(first.comparisons, first.votes);
  const Imported again = read(lines +
                              R"({"comparison": "nowhere", "outcome": "skipped", "rater": "ben"})"
                              "\n" +
                              to_line({{"comparison", first.comparisons[0].id},
                                       {"outcome", "compared"},
                                       {"ranks", {0}},
                                       {"rater", "ben"}}) +
                              "\n");
  EXPECT_EQ(again.format, "raw");
  EXPECT_EQ(raw_lines(again.comparisons, again.votes), lines);
  EXPECT_EQ(again.left_out.size(), 2u);
}

TEST_F(Import, RefusesWhatHasNoForm) {
  EXPECT_THROW(read(R"({"a": 1})"), Error);
  EXPECT_THROW(read(R"({"prompt": "p", "chosen": true, "rejected": 1})"), Error);
  EXPECT_THROW(value_of<ImportFormat>("xml", "The format"), UsageError);
  try {
    read(R"({"prompt": "p", "chosen": true, "rejected": "b"})");
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("\"chosen\" has a value of the wrong type (boolean)"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace nudge
