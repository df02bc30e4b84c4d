// Every instruction of IFEval with answers that follow it and answers that do not, and the kwargs of the
// published file where it is at hand.
#include "rewards/verifiers/ifeval/instruction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "rewards/catalogue.h"
#include "rewards/verifiers/ifeval/instruction_following.h"
#include "rewards/verifiers/ifeval/language.h"
#include "rewards/verifiers/ifeval/sentences.h"

namespace nudge::ifeval {
namespace {

struct Example {
  std::string id;
  Json kwargs;
  std::vector<std::string> followed, broken;
};

const std::string kEnglish =
    "This is a short answer that everybody should be able to read without any trouble";

const std::vector<Example>& examples() {
  static const std::vector<Example> all = {
      {"keywords:existence",
       {{"keywords", {"correlated", "p.m."}}},
       {"They are Correlated at 5 P.M. sharp."},
       {"They are correlated.", "correlated at 5 pam."}},
      {"keywords:forbidden_words",
       {{"forbidden_words", {"rock", "field"}}},
       {"A rocky road.", "fields"},
       {"A Rock.", "the field!"}},
      {"keywords:frequency",
       {{"relation", "at least"}, {"keyword", "war"}, {"frequency", 2}},
       {"War and war", "warwar"},
       {"War and peace", ""}},
      {"keywords:frequency",
       {{"relation", "less than"}, {"keyword", "war"}, {"frequency", 2}},
       {"War and peace"},
       {"War after war"}},
      {"keywords:letter_frequency",
       {{"let_relation", "less than"}, {"letter", "t"}, {"let_frequency", 2}},
       {"To be"},
       {"To test"}},
      {"keywords:letter_frequency",
       {{"let_relation", "at least"}, {"letter", "#"}, {"let_frequency", 2}},
       {"# a\n# b"},
       {"# a"}},
      {"length_constraints:number_words",
       {{"relation", "at least"}, {"num_words", 3}},
       {"one two three", "so-called word", "drei schöne Wörter"},
       {"one two", ""}},
      {"length_constraints:number_sentences",
       {{"relation", "less than"}, {"num_sentences", 3}},
       {"One. Two."},
       {"One. Two! Three?"}},
      {"length_constraints:number_paragraphs",
       {{"num_paragraphs", 2}},
       {"a\n***\nb", "***\na\n***\nb"},
       {"a\n\nb", "a\n***\n***\nb", "a***b***c"}},
      {"length_constraints:nth_paragraph_first_word",
       {{"num_paragraphs", 2}, {"nth_paragraph", 2}, {"first_word", "weekend"}},
       {"First.\n\nWeekend, at last.", "First.\n\n\"Weekend\" it is"},
       {"Weekend.\n\nSecond.", "First.\n\nWeekends", "a\n\nb\n\nweekend", "weekend"}},
      {"detectable_content:number_placeholders",
       {{"num_placeholders", 2}},
       {"Dear [name], at [address]"},
       {"Dear [name]", "Dear [name at address]"}},
      {"detectable_content:postscript",
       {{"postscript_marker", "P.S."}},
       {"Bye.\nP.S. I left", "bye p. s. more"},
       {"Bye.", "PS: more"}},
      {"detectable_content:postscript",
       {{"postscript_marker", "P.P.S"}},
       {"Bye.\nP.P.S I left", "P.P.S."},
       {"P.S. more"}},
      {"detectable_format:constrained_response",
       Json::object(),
       {"My answer is yes.", " Well. My answer is maybe. "},
       {"Yes.", "My answer is yes"}},
      {"detectable_format:json_format",
       Json::object(),
       {"{\"a\": [1, 2]}", "```json\n{\"a\": 1}\n```", "```\n[]\n```"},
       {"Here: {\"a\": 1}", "{'a': 1}", ""}},
      {"detectable_format:multiple_sections",
       {{"section_spliter", "SECTION"}, {"num_sections", 2}},
       {"SECTION 1\na\nSECTION 2\nb", "SECTION1 SECTION2"},
       {"SECTION 1\na", "Section 1 Section 2"}},
      {"detectable_format:number_bullet_lists",
       {{"num_bullets", 2}},
       {"* a\n* b", "- a\n  * b"},
       {"* a", "* a\n* b\n* c", "** a\n** b"}},
      {"detectable_format:number_highlighted_sections",
       {{"num_highlights", 2}},
       {"*a* and *b*", "**a** and *b*"},
       {"*a*", "* * and *a*", "*a\nb* c"}},
      {"detectable_format:title", Json::object(), {"<<My day>>\nIt was"}, {"<My day>", "<<>>", "<< >>"}},
      {"language:response_language",
       {{"language", "de"}},
       {"Das ist eine kurze Antwort auf die Frage, die gestern gestellt worden ist."},
       {kEnglish}},
      {"language:response_language",
       {{"language", "kn"}},
       {"ನಾನು ಮನೆಗೆ ಹೋಗುತ್ತಿದ್ದೇನೆ ಮತ್ತು ಊಟ ಮಾಡುತ್ತೇನೆ"},
       {kEnglish}},
      {"change_case:english_capital",
       Json::object(),
       {"THIS IS A SHORT ANSWER THAT EVERYBODY SHOULD BE ABLE TO READ."},
       {kEnglish, "123"}},
      {"change_case:english_lowercase",
       Json::object(),
       {"this is a short answer that everybody should be able to read."},
       {kEnglish, "DAS"}},
      {"change_case:capital_word_frequency",
       {{"capital_relation", "at least"}, {"capital_frequency", 2}},
       {"NASA and I", "WELL-KNOWN FACTS"},
       {"NASA and Me", "WELL-KNOWN facts"}},
      {"punctuation:no_comma", Json::object(), {"no comma; none"}, {"a, b"}},
      {"combination:repeat_prompt",
       {{"prompt_to_repeat", "Write a poem. "}},
       {"write a poem.\nRoses are red"},
       {"Roses are red", "Sure! Write a poem."}},
      {"combination:two_responses",
       Json::object(),
       {"one\n******\ntwo", "******one******two******"},
       {"one", "one******one", "a******b******c", "a************b"}},
      {"startend:end_checker",
       {{"end_phrase", "Any other questions?"}},
       {"So it is. any other questions? ", "\"Done. Any other questions?\""},
       {"Any other questions? No."}},
      {"startend:quotation", Json::object(), {" \"all of it\"\n"}, {"\"part\" of it", "\"", ""}},
  };
  return all;
}

TEST(Ifeval, ChecksFollowTheRules) {
  std::set<std::string> seen;
  for (const Example& example : examples()) {
    seen.insert(example.id);
    const Check check = make_check(example.id, example.kwargs);
    for (const std::string& answer : example.followed)
      EXPECT_TRUE(check(answer)) << example.id << ": " << answer;
    for (const std::string& answer : example.broken)
      EXPECT_FALSE(check(answer)) << example.id << ": " << answer;
  }
  const auto ids = instruction_ids();
  EXPECT_EQ(ids.size(), 25u);
  EXPECT_EQ(seen, std::set<std::string>(ids.begin(), ids.end()));
}

TEST(Ifeval, SaysWhatIsWrongWithAnInstruction) {
  EXPECT_THROW(make_check("punctuation:no_coma", Json::object()), Error);
  EXPECT_THROW(make_check("length_constraints:number_words", Json::object()), Error);
  EXPECT_THROW(make_check("length_constraints:number_words", {{"relation", "about"}, {"num_words", 3}}),
               Error);
  EXPECT_THROW(make_check("keywords:letter_frequency",
                          {{"let_relation", "at least"}, {"letter", ""}, {"let_frequency", 1}}),
               Error);
}

TEST(Ifeval, CountsSentences) {
  EXPECT_EQ(count_sentences(""), 0);
  EXPECT_EQ(count_sentences("No end"), 1);
  EXPECT_EQ(count_sentences("One. Two! Three? Four"), 4);
  EXPECT_EQ(count_sentences("Dr. Who met J. Smith at 5.30 p.m. in the U.S. embassy."), 1);
  EXPECT_EQ(count_sentences("He said \"No.\" She left."), 2);
  EXPECT_EQ(count_sentences("Wait... what? Yes!!! (Really.)"), 3);
  EXPECT_EQ(count_sentences("See e.g. Paris. It is big."), 2);
}

TEST(Ifeval, TellsLanguages) {
  EXPECT_EQ(detected_language("Это короткий ответ на вопрос, который задали вчера."), "ru");
  EXPECT_EQ(detected_language("Questa è una breve risposta alla domanda di ieri."), "it");
  EXPECT_EQ(detected_language("यह कल पूछे गए प्रश्न का एक छोटा सा उत्तर है और इसे सब पढ़ सकते हैं।"), "hi");
  EXPECT_EQ(detected_language("\xff\xfe"), "");
  EXPECT_TRUE(is_language("123 !", "kn"));
  EXPECT_TRUE(is_language("Ok", "en"));
  EXPECT_FALSE(is_language("Ok", "de"));
}

double followed(const std::string& answer, const Json& ids, const Json& kwargs,
                InstructionFollowing how = {}) {
  Trajectory trajectory{.completion = answer};
  trajectory.prompt.extra = {{"instruction_id_list", ids}, {"kwargs", kwargs}};
  return how(trajectory);
}

TEST(InstructionFollowing, WantsAllOrTheShare) {
  const Json ids = {"punctuation:no_comma", "startend:quotation"}, kwargs = {Json::object(), Json::object()};
  EXPECT_EQ(followed("\"yes\"", ids, kwargs), 1);
  EXPECT_EQ(followed("yes", ids, kwargs), 0);
  EXPECT_EQ(followed("yes", ids, kwargs, {.score = Following::mean}), 0.5);
  EXPECT_EQ(followed("", ids, kwargs, {.score = Following::mean}), 0);
  EXPECT_EQ(followed("Sure, here:\n\"yes\"", ids, kwargs), 0);
  EXPECT_EQ(followed("Sure, here:\n\"yes\"", ids, kwargs, {.loose = true}), 1);
  EXPECT_EQ(followed("Sure, here:\n*\"yes\"*\nBye, now", ids, kwargs, {.loose = true}), 1);
  EXPECT_TRUE(std::isnan(InstructionFollowing()({.completion = "yes"})));
  EXPECT_THROW(followed("yes", ids, Json::array()), Error);
}

// ifeval-one-bad-record: one unknown instruction ended the run, and said nothing of its record.
TEST(InstructionFollowing, OneBadRecordIsUnscorableAndNamed) {
  const auto reward = make_reward(parse_reward_spec("ifeval"));
  const auto record = [](const Json& ids, const Json& kwargs) {
    return Trajectory{
        .prompt = {.text = "Say yes", .extra = {{"instruction_id_list", ids}, {"kwargs", kwargs}}},
        .completion = "yes"};
  };
  const Json none = Json::array({Json::object()});
  std::vector<Trajectory> all = {record({"punctuation:no_comma"}, none), record({"no:such"}, none)};
  for (const Json& ids : {Json(3), Json("punctuation:no_comma"), Json::array({3}), Json::object({{"a", 1}})})
    all.push_back(record(ids, none));
  for (const Json& kwargs :
       {Json(nullptr), Json("{}"), Json::array({1}), Json::array(), Json::array({"x", "y"})})
    all.push_back(record({"length_constraints:number_words"}, kwargs));
  all.push_back(record({"punctuation:no_comma"}, none));
  reward->score(all);
  EXPECT_EQ(all.front().score, 1);
  EXPECT_EQ(all.back().score, 1);
  for (std::size_t i = 1; i + 1 < all.size(); ++i) {
    EXPECT_TRUE(std::isnan(all[i].score)) << to_line(all[i].prompt.extra);
    EXPECT_NE(reward->objection(all[i].prompt), "") << to_line(all[i].prompt.extra);
  }
  EXPECT_NE(reward->objection(all[1].prompt).find("no instruction no:such"), std::string::npos);
  EXPECT_EQ(reward->objection(all.front().prompt), "");
  EXPECT_EQ(reward->objection({.text = "for another reward"}), "");
}

TEST(InstructionFollowing, ReadsThePublishedFile) {
  const std::filesystem::path file =
      std::filesystem::path(NUDGE_SOURCE_DIR).parent_path() / "shared/data/eval/ifeval-input_data.jsonl";
  if (!exists(file)) GTEST_SKIP() << file << " is not here";
  std::map<std::string, int> made;
  std::istringstream lines(read_file(file));
  for (std::string line; std::getline(lines, line);) {
    const Json record = parse_json(line, file.string());
    const double score = followed("An answer.", record.at("instruction_id_list"), record.at("kwargs"));
    EXPECT_FALSE(std::isnan(score)) << line;
    for (const Json& id : record.at("instruction_id_list")) ++made[id.get<std::string>()];
  }
  EXPECT_EQ(made.size(), 25u);
}

}  // namespace
}  // namespace nudge::ifeval
