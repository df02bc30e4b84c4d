#include "rewards/verifiers/number.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nudge {
namespace {

std::string last(const std::string& text) {
  const auto number = last_number(text);
  return number ? number->value.get_str() + (number->percent ? "%" : "") : "none";
}

TEST(LastNumber, ReadsWhatPeopleWrite) {
  EXPECT_EQ(last("72"), "72");
  EXPECT_EQ(last("she has 72 clips."), "72");
  EXPECT_EQ(last("1,234,567"), "1234567");
  EXPECT_EQ(last("it costs $1,234.50!"), "2469/2");
  EXPECT_EQ(last("-3.5"), "-7/2");
  EXPECT_EQ(last("\u22123"), "-3");
  EXPECT_EQ(last("-$5"), "-5");
  EXPECT_EQ(last("$-5"), "-5");
  EXPECT_EQ(last("\\$ 18"), "18");
  EXPECT_EQ(last("€20"), "20");
  EXPECT_EQ(last(".5"), "1/2");
  EXPECT_EQ(last("1e3"), "1000");
  EXPECT_EQ(last("2.5e-1 m"), "1/4");
  EXPECT_EQ(last("3em"), "3");
  EXPECT_EQ(last("5kg"), "5");
  EXPECT_EQ(last("50%"), "50%");
  EXPECT_EQ(last("50 \\%"), "50%");
  EXPECT_EQ(last("no digits"), "none");
  EXPECT_EQ(last(""), "none");
  EXPECT_EQ(last("in 3.2.1"), "1");
}

TEST(LastNumber, ReadsFractions) {
  EXPECT_EQ(last("3/4"), "3/4");
  EXPECT_EQ(last("6/8 of it"), "3/4");
  EXPECT_EQ(last("1 1/2 cups"), "3/2");
  EXPECT_EQ(last("2½"), "5/2");
  EXPECT_EQ(last("¾"), "3/4");
  EXPECT_EQ(last("-\\frac{3}{4}"), "-3/4");
  EXPECT_EQ(last("\\dfrac{-3}{4}"), "-3/4");
  EXPECT_EQ(last("2\\frac{1}{2}"), "5/2");
  EXPECT_EQ(last("3 / 4"), "3/4");
  EXPECT_EQ(last("\\frac12"), "1/2");
  EXPECT_EQ(last("\\frac{1}2"), "1/2");
  EXPECT_EQ(last("\\frac 34"), "3/4");
  EXPECT_EQ(last("\\frac{10}{-4}"), "-5/2");
  EXPECT_EQ(last("\\frac{-10}{-4}"), "5/2");
  EXPECT_EQ(last("48 / 2 = 24"), "24");
  EXPECT_EQ(last("1/0"), "0");
  EXPECT_EQ(last("\\frac{1}{0}"), "0");
}

TEST(LastNumber, TellsSignsFromHyphensAndWordsFromNumbers) {
  EXPECT_EQ(last("20-5"), "5");
  EXPECT_EQ(last("20 - 5"), "5");
  EXPECT_EQ(last("20 -5"), "5");
  EXPECT_EQ(last("x = -5"), "-5");
  EXPECT_EQ(last("twenty-5"), "5");
  EXPECT_EQ(last("(-5)"), "-5");
  EXPECT_EQ(last("take 7 of vitamin B12"), "7");
  EXPECT_EQ(last("H2O"), "none");
  EXPECT_EQ(last("12,34"), "34");
  EXPECT_EQ(last("1,2,3"), "3");
}

TEST(LastNumber, ReadsThousandsAsLatexWritesThem) {
  EXPECT_EQ(last("1{,}234"), "1234");
  EXPECT_EQ(last("1\\,234\\,567.5"), "2469135/2");
  EXPECT_EQ(last("1,\\!234"), "1234");
  EXPECT_EQ(last("1{,}23"), "23");
  EXPECT_EQ(last("3\\,\\text{cm}"), "3");
}

TEST(LastNumber, TakesNoExponentForTheAnswer) {
  EXPECT_EQ(last("50 m^2"), "50");
  EXPECT_EQ(last("50\\text{ cm}^{2}"), "50");
  EXPECT_EQ(last("9.8 m s^-2"), "49/5");
  EXPECT_EQ(last("9.8 m s^{-2}"), "49/5");
  EXPECT_EQ(last("45^{\\circ}"), "45");
  EXPECT_EQ(last("45^\\circ, not 46"), "46");
  EXPECT_EQ(last("x^{1/2} is 3"), "3");
  EXPECT_EQ(last("x^2 = 16"), "16");
  EXPECT_EQ(last("^"), "none");
  EXPECT_EQ(last("5 m^{2"), "5");
}

TEST(LastNumber, RaisesNumbersToTheirPowers) {
  EXPECT_EQ(last("2^{10}"), "1024");
  EXPECT_EQ(last("$2^{9}$"), "512");
  EXPECT_EQ(last("10^5"), "100000");
  EXPECT_EQ(last("10^-2"), "1/100");
  EXPECT_EQ(last("10^{\u22122} m"), "1/100");
  EXPECT_EQ(last("10^(3)"), "1000");
  EXPECT_EQ(last("10 ^ 3"), "1000");
  EXPECT_EQ(last("10³, 10⁻¹"), "1/10");
  EXPECT_EQ(last("-2^2"), "-4");
  EXPECT_EQ(last("(-2)^2"), "4");
  EXPECT_EQ(last("\\left(\\frac{1}{2}\\right)^3"), "1/8");
  EXPECT_EQ(last("\\frac{1}{2^{10}}"), "1/1024");
  EXPECT_EQ(last("\\frac{-3 \\times 10^2}{7}"), "-300/7");
  EXPECT_EQ(last("3/2^3"), "3/8");
  EXPECT_EQ(last("2^3/4"), "2");
  EXPECT_EQ(last("10^5 m^2"), "100000");
}

TEST(LastNumber, ReadsScientificNotation) {
  for (const char* sign : {"\\times", "\\cdot", "x", "×", "*", "·"})
    for (const char* space : {"", " "})
      EXPECT_EQ(last(std::string("-7.5") + space + sign + space + "10^{-2} m/s"), "-3/40") << sign;
  EXPECT_EQ(last("$3 \\times 10^8$ m s^{-1}"), "300000000");
  EXPECT_EQ(last("2^3 \\cdot 3^2"), "72");
  EXPECT_EQ(last("3 \\times 10 = 30"), "30");
  EXPECT_EQ(last("3 x 4"), "4");
}

TEST(LastNumber, IsNoneWhereAPowerCannotBeComputed) {
  for (const char* text :
       {"2^n", "2^{n}", "2^{n+1}", "2^(n+1)", "4^{1/2}", "4^0.5", "2^{3^2}", "2^3^2", "2^{99999}",
        "9^{9999} x 9^{9999} x 9^{9999} x 9^{9999}", "0^{-1}", "3 \\times 10^{n}", "7 x 10^n m",
        "\\frac{1}{2^n}", "3/2^n", "1 1/2^n", "(2)^n", "2ⁿ"})
    EXPECT_EQ(last(text), "none") << text;
  EXPECT_EQ(last("7 and 2^n"), "7");
}

TEST(LastNumber, TellsMarksAndUnitsFromExponents) {
  EXPECT_EQ(last("50 m^{\\frac{1}{2}}"), "50");
  EXPECT_EQ(last("50 m^\\frac12"), "50");
  EXPECT_EQ(last("50 m²"), "50");
  EXPECT_EQ(last("50\\text{ m}^{-2}\\text{s}^{3}"), "50");
  EXPECT_EQ(last("the 4^{th}, the 5^\\text{th}"), "5");
  EXPECT_EQ(last("45°"), "45");
  EXPECT_EQ(last("H^+ 42"), "42");
  EXPECT_EQ(last("^42^"), "42");
  EXPECT_EQ(last("it is ^42^ then"), "42");
  EXPECT_EQ(last(":^( 42"), "42");
}

// As docs/rewards.md says.
TEST(LastNumber, ComputesNothingElse) {
  EXPECT_EQ(last("2^3 + 1"), "1");
  EXPECT_EQ(last("\\sqrt{2}"), "2");
  EXPECT_EQ(last("\\frac{\\pi}{4}"), "4");
  EXPECT_EQ(last("1 234"), "234");
  EXPECT_EQ(last("3.5 million"), "7/2");
}

TEST(LastNumber, SurvivesAbsurdInput) {
  EXPECT_EQ(last(std::string(100000, '9')), "none");
  EXPECT_EQ(last("7 " + std::string(5000, '1')), "7");
  EXPECT_EQ(last("1e99999999"), "1");
  EXPECT_EQ(last(std::string(100000, '-')), "none");
  EXPECT_EQ(last(std::string(100000, '$')), "none");
  EXPECT_EQ(last("1^" + std::string(100000, '{')), "none");
  EXPECT_EQ(last(std::string(100000, '^') + "3"), "none");
  const auto repeated = [](const std::string& part) {
    std::string text;
    while (text.size() < 100000) text += part;
    return text;
  };
  EXPECT_EQ(last(repeated("^(")), "none");
  EXPECT_EQ(last(repeated(" ^{")), "none");
  EXPECT_EQ(last(repeated("\\frac{1}{2^{")), "1");
  EXPECT_EQ(last(repeated("0.7^999 x ")), "none");
  EXPECT_EQ(last("\xff\xfe 3 \x80"), "3");
}

std::string answer(const std::string& text, bool strict = false) {
  const auto number = number_answer(text, "####", strict);
  return number ? number->value.get_str() : "none";
}

TEST(NumberAnswer, PrefersMarkerThenBoxThenTheLast) {
  EXPECT_EQ(answer("1 + 1 = 2\n#### 2\nthat was 1 step"), "2");
  EXPECT_EQ(answer("#### 1\n#### 2 clips, 3 left"), "2");
  EXPECT_EQ(answer("####\n72"), "72");
  EXPECT_EQ(answer("#### unknown\n72"), "none");
  EXPECT_EQ(answer("so \\boxed{x = {72}} in 3 steps"), "72");
  EXPECT_EQ(answer("\\boxed{1{,}234}"), "1234");
  EXPECT_EQ(answer("\\boxed{50\\text{ cm}^2}"), "50");
  EXPECT_EQ(answer("it is 72."), "72");
  EXPECT_EQ(answer("it is 72.", true), "none");
}

double score(const std::string& completion, const Json& reference, NumberMatch match = {}) {
  Trajectory trajectory{.completion = completion};
  trajectory.prompt.extra["answer"] = reference;
  return match(trajectory);
}

TEST(NumberMatch, ComparesExactly) {
  EXPECT_EQ(score("0.30", "3/10"), 1);
  EXPECT_EQ(score("The answer is 72 clips.", "48/2 = <<48/2=24>>24\n#### 72"), 1);
  EXPECT_EQ(score("73", "#### 72"), 0);
  EXPECT_EQ(score("none at all", "72"), 0);
  EXPECT_EQ(score("51", 51.0), 1);
  EXPECT_EQ(score("51", Json::array({"50", "51"})), 1);
  EXPECT_EQ(score("50%", "0.5"), 1);
  EXPECT_EQ(score("50%", "50"), 1);
  EXPECT_EQ(score("50%", "5"), 0);
  EXPECT_EQ(score("0.333", "1/3"), 0);
  EXPECT_EQ(score("0.333", "1/3", {.tolerance = 0.001}), 1);
  EXPECT_EQ(score("72", "72", {.strict = true}), 0);
  EXPECT_EQ(score("$7 \\times 10^{-2}$ m/s", "$3 \\times 10^8$"), 0);
  EXPECT_EQ(score("\\boxed{2^{9}}", "2^{10}"), 0);
  EXPECT_EQ(score("\\boxed{10}", "10^5"), 0);
  EXPECT_EQ(score("\\boxed{3 \\times 10^{5}}", "300,000"), 1);
}

TEST(NumberMatch, CannotScoreWithoutAReference) {
  EXPECT_TRUE(std::isnan(score("72", nullptr)));
  EXPECT_TRUE(std::isnan(score("72", "yes")));
  EXPECT_TRUE(std::isnan(score("72", Json::object())));
  EXPECT_TRUE(std::isnan(NumberMatch{.column = "solution"}({.completion = "72"})));
}

}  // namespace
}  // namespace nudge
