#include "rewards/verifiers/number.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rewards/verifiers/number_phrase.h"
#include "rewards/verifiers/number_tokens.h"

namespace nudge {
namespace {

std::string shown(const std::optional<Number>& number) {
  return number ? number->value.get_str() + (number->percent ? "%" : "") : "none";
}

// The last number that is written somewhere in a text, whatever it belongs to.
std::string last(const std::string& text) {
  std::optional<Number> last;
  for (const NumberToken& token : number_tokens(text))
    if (token.value) last = token.value;
  return shown(last);
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
  return shown(number_answer(text, "####", strict));
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

// number-false-right: the last number of what is no number was taken for it.
TEST(NumberAnswer, WhatHoldsANumberAndIsNoneIsNone) {
  for (const char* text : {"3k",
                           "(1,2)",
                           "5:30",
                           "2+3",
                           "x^2-1",
                           "\\{1,2\\}",
                           "[0,1]",
                           "x>5",
                           "2\\pi",
                           "(x, 2)",
                           "(0, \\infty)",
                           "-\\infty",
                           "3\\times",
                           "3 \\times 4",
                           "3 x 4",
                           "\\pm 5",
                           "5 \\pm 1",
                           "\\sqrt{2}",
                           "2\\sqrt{3}",
                           "√2",
                           "\\frac{\\pi}{4}",
                           "\\frac{3k}{2}",
                           "\\sqrt[3]{8}",
                           "\\log 5",
                           "5!",
                           "5^\\circ 30'",
                           "5'11",
                           "3:2",
                           "3 : 2",
                           "5 pm",
                           "5 o'clock",
                           "12 or 13",
                           "12 \\text{ and } 13",
                           "12, 13",
                           "3 to 4",
                           "3-4",
                           "3–4",
                           "20 - 5",
                           "between 3 and 4",
                           "at least 5",
                           "more than 5",
                           "5 or more",
                           "x \\ge 5",
                           "x \\in [0, 1]",
                           "0 < x < 1",
                           "x \\ne 5",
                           "3 million",
                           "2 dozen",
                           "5K",
                           "3.5M",
                           "3 and a half",
                           "negative 5",
                           "minus 5",
                           "5n",
                           "3xy",
                           "3i",
                           "3+4i",
                           "2x = 6",
                           "x = 3k",
                           "x=3 \\text{ or } x=-5",
                           "10_2",
                           "10_{2}",
                           "0.\\overline{3}",
                           "0.333...",
                           "0.333\\ldots",
                           "1.234,5",
                           "12,34",
                           "1,2,3",
                           "1 234",
                           "1.2.3",
                           "v1.2.3",
                           "2020-05-01",
                           "5/1/2020",
                           "May 5, 2020",
                           "555-1234",
                           "|5|",
                           "\\lfloor 5 \\rfloor",
                           "\\binom{5}{2}",
                           "5 \\pmod 7",
                           "[5]",
                           "\\{5\\}",
                           "5 \\cup 6",
                           "2^n",
                           "A",
                           "",
                           "\\text{five}",
                           "2^3 + 1",
                           "5 \\%+ 1",
                           "\\begin{pmatrix}1\\\\2\\end{pmatrix}"}) {
    EXPECT_EQ(answer("so \\boxed{" + std::string(text) + "}"), "none") << text;
    EXPECT_EQ(answer("#### " + std::string(text)), "none") << text;
    EXPECT_EQ(shown(reference_number(text, "####")), "none") << text;
  }
}

TEST(NumberAnswer, WhatIsANumberWithItsNameAndUnitIsOne) {
  const std::vector<std::pair<const char*, const char*>> numbers = {{"72", "72"},
                                                                    {"-72", "-72"},
                                                                    {"- 72", "-72"},
                                                                    {"+5", "5"},
                                                                    {"(5)", "5"},
                                                                    {"$72", "72"},
                                                                    {"\\$1,234.50", "2469/2"},
                                                                    {"12\\,000", "12000"},
                                                                    {"1{,}234", "1234"},
                                                                    {"3 1/2", "7/2"},
                                                                    {"3\\frac{1}{2}", "7/2"},
                                                                    {"\\tfrac12", "1/2"},
                                                                    {"⅗", "3/5"},
                                                                    {"2⅕", "11/5"},
                                                                    {"1e3", "1000"},
                                                                    {"3 \\times 10^5", "300000"},
                                                                    {"2^{10}", "1024"},
                                                                    {"50%", "50%"},
                                                                    {"50\\%", "50%"},
                                                                    {"50 percent", "50%"},
                                                                    {"x=5", "5"},
                                                                    {"x = {72}", "72"},
                                                                    {"5 = x", "5"},
                                                                    {"x + y = 5", "5"},
                                                                    {"f(2) = 7", "7"},
                                                                    {"P(X=2) = \\frac14", "1/4"},
                                                                    {"a_{10} = 55", "55"},
                                                                    {"x_1 = 5", "5"},
                                                                    {"2+3=5", "5"},
                                                                    {"48 / 2 = 24", "24"},
                                                                    {"x \\approx 3.14", "157/50"},
                                                                    {"~5", "5"},
                                                                    {"5^\\circ", "5"},
                                                                    {"5°", "5"},
                                                                    {"25^\\circ\\text{C}", "25"},
                                                                    {"300 K", "300"},
                                                                    {"\\text{12 apples}", "12"},
                                                                    {"12 \\text{ apples per day}", "12"},
                                                                    {"5kg", "5"},
                                                                    {"5 m", "5"},
                                                                    {"5 \\text{ cm}^2", "5"},
                                                                    {"9.8\\ \\text{m/s}^2", "49/5"},
                                                                    {"5 km/h", "5"},
                                                                    {"5 N \\cdot m", "5"},
                                                                    {"21st", "21"},
                                                                    {"5^{th}", "5"},
                                                                    {"\\textbf{(E)}\\ 25", "25"},
                                                                    {"\\mathbf{72}", "72"},
                                                                    {"72 (seventy-two)", "72"},
                                                                    {"the answer is 72", "72"},
                                                                    {"72.", "72"},
                                                                    {"5 元", "5"},
                                                                    {"5 a day", "5"}};
  for (const auto& [text, value] : numbers) {
    EXPECT_EQ(answer("so \\boxed{" + std::string(text) + "}"), value) << text;
    EXPECT_EQ(answer("#### " + std::string(text)), value) << text;
    EXPECT_EQ(shown(reference_number(text, "####")), value) << text;
  }
}

TEST(NumberAnswer, ABoxIsReadWholeAndTheLastOneCounts) {
  EXPECT_EQ(answer("\\boxed{12"), "none");
  EXPECT_EQ(answer("\\boxed{5} no, \\boxed{12"), "none");
  EXPECT_EQ(answer("#### \\boxed{12"), "none");
  EXPECT_EQ(answer("\\boxed{\\boxed{5}}"), "5");
  EXPECT_EQ(answer("\\boxed{1 + \\boxed{5}}"), "none");
  EXPECT_EQ(answer("\\boxed{3}, so we have \\boxed{5}"), "5");
  EXPECT_EQ(answer("\\boxed{3} or \\boxed{5}"), "none");
  EXPECT_EQ(answer("$\\boxed{3}$, $\\boxed{5}$"), "none");
  EXPECT_EQ(answer("$\\boxed{5}$, \\text{and} $\\boxed{5}$"), "5");
  EXPECT_EQ(answer("\\boxed {7}"), "7");
}

TEST(NumberAnswer, InProseTheLastNumberMustStandForItself) {
  EXPECT_EQ(answer("So the answer is **72**."), "72");
  EXPECT_EQ(answer("5 apples and 4 pears"), "4");
  EXPECT_EQ(answer("In 2020, 5 people"), "5");
  EXPECT_EQ(answer("- 5 apples"), "5");
  EXPECT_EQ(answer("It costs $1,234.50!"), "2469/2");
  EXPECT_EQ(answer("a 5-year plan"), "5");
  EXPECT_EQ(answer("She needs at least 5."), "5");
  EXPECT_EQ(answer("2 + 3 = 5 clips"), "5");
  for (const char* text :
       {"The answer is 12 or 13.", "x = 3 or x = 5", "The solutions are 3 and 4.", "It is x > 5.",
        "It is (1, 2).", "It starts at 5:30.", "It is 3k.", "That is 3.5 million.", "We get 2 + 3.",
        "We get $2\\pi$.", "It is x - 5.", "in 3.2.1", "on May 5, 2020", "It is 2^n."})
    EXPECT_EQ(answer(text), "none") << text;
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

TEST(NumberMatch, WhatIsNoNumberIsWrongInAnAnswerAndNamedInAReference) {
  EXPECT_EQ(score("\\boxed{3k}", "3"), 0);
  EXPECT_EQ(score("\\boxed{12", "12"), 0);
  EXPECT_TRUE(std::isnan(score("3", "3k")));
  EXPECT_TRUE(std::isnan(score("\\boxed{3k}", "3k")));
  EXPECT_EQ(score("3", Json::array({"3k", "3"})), 1);
  const NumberMatch match;
  EXPECT_EQ(match.objection({.extra = {{"answer", "3k"}}}), "its answer \"3k\" is no number");
  EXPECT_EQ(match.objection({.extra = {{"answer", Json::array({"3k", "3"})}}}), "");
  EXPECT_EQ(match.objection({.extra = {{"answer", nullptr}}}), "");  // meant for another reward
  EXPECT_EQ(match.objection({}), "");
}

TEST(NumberMatch, CannotScoreWithoutAReference) {
  EXPECT_TRUE(std::isnan(score("72", nullptr)));
  EXPECT_TRUE(std::isnan(score("72", "yes")));
  EXPECT_TRUE(std::isnan(score("72", Json::object())));
  EXPECT_TRUE(std::isnan(NumberMatch{.column = "solution"}({.completion = "72"})));
}

}  // namespace
}  // namespace nudge
