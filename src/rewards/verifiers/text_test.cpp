// Matches of text: exact, normalised, by pattern.
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "rewards/verifiers/match.h"
#include "rewards/verifiers/regex_match.h"

namespace nudge {
namespace {

Trajectory answered(const std::string& completion, const Json& answer) {
  Trajectory trajectory{.completion = completion};
  trajectory.prompt.extra["answer"] = answer;
  return trajectory;
}

TEST(ExactMatch, ForgivesOuterWhiteSpaceOnly) {
  EXPECT_EQ(ExactMatch()(answered(" Paris\n", "Paris")), 1);
  EXPECT_EQ(ExactMatch()(answered("paris", "Paris")), 0);
  EXPECT_EQ(ExactMatch()(answered("Lyon", Json::array({"Paris", "Lyon"}))), 1);
  EXPECT_TRUE(std::isnan(ExactMatch()(answered("Paris", nullptr))));
  EXPECT_TRUE(std::isnan(ExactMatch()(answered("Paris", Json::array()))));
}

TEST(NormalisedMatch, ForgivesCasePunctuationArticlesForms) {
  EXPECT_EQ(normalised("The  Eiffel-Tower, in Paris!"), "eiffeltower in paris");
  EXPECT_EQ(normalised("ＰＡＲＩＳ"), "paris");
  EXPECT_EQ(normalised("Straße"), "strasse");
  EXPECT_EQ(normalised("«Köln»…"), "köln");
  EXPECT_EQ(normalised("a an the"), "");
  EXPECT_EQ(NormalisedMatch()(answered("It's the Paris.", "its paris")), 1);
  EXPECT_EQ(NormalisedMatch()(answered("Lyon", "Paris")), 0);
  EXPECT_EQ(NormalisedMatch()(answered("\xff", "\xff")), 1);
}

TEST(RegexMatch, SearchesOrMatchesInFull) {
  const auto score = [](const std::string& pattern, bool full, const std::string& text) {
    return RegexMatch(pattern, full, {})({.completion = text});
  };
  EXPECT_EQ(score(R"(\d+)", false, "it is 72."), 1);
  EXPECT_EQ(score(R"(\d+)", true, "it is 72."), 0);
  EXPECT_EQ(score("a|b", true, "b"), 1);
  EXPECT_EQ(score("a|b", true, "ab"), 0);
  EXPECT_EQ(RegexMatch("YES", false, {.ignore_case = true})({.completion = "yes"}), 1);
  EXPECT_EQ(RegexMatch("^b$", false, {.multiline = true})({.completion = "a\nb"}), 1);
  EXPECT_EQ(RegexMatch("a.b", false, {.dot_all = true})({.completion = "a\nb"}), 1);
  EXPECT_THROW(RegexMatch("(", false, {}), UsageError);
}

TEST(RegexMatch, GivesUpRatherThanHang) {
  const RegexMatch bomb("(a+)+$", false, {});
  std::string almost(41, 'a');
  almost.back() = 'b';
  EXPECT_TRUE(std::isnan(bomb({.completion = almost})));
  EXPECT_TRUE(std::isnan(RegexMatch("a", false, {})({.completion = "\xff"})));
}

}  // namespace
}  // namespace nudge
