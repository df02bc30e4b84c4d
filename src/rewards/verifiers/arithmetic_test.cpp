#include "rewards/verifiers/arithmetic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rewards/verifiers/expression.h"

namespace nudge {
namespace {

std::string value(const std::string& text) {
  const auto result = evaluate(text);
  return result ? result->get_str() : "none";
}

TEST(Evaluate, FollowsPrecedence) {
  EXPECT_EQ(value("1 + 2 * 3"), "7");
  EXPECT_EQ(value("(1 + 2) * 3"), "9");
  EXPECT_EQ(value("2 - 3 - 4"), "-5");
  EXPECT_EQ(value("8 / 4 / 2"), "1");
  EXPECT_EQ(value("-2^2"), "-4");
  EXPECT_EQ(value("2^3^2"), "512");
  EXPECT_EQ(value("2**-2"), "1/4");
  EXPECT_EQ(value("--3"), "3");
  EXPECT_EQ(value("[{2}+3]x4"), "20");
  EXPECT_EQ(value("$1,200 × 10% ÷ 2"), "60");
  EXPECT_EQ(value("3 \\times 4 \\div 6 \\cdot 2"), "4");
  EXPECT_EQ(value("0.1 + 0.2"), "3/10");
  EXPECT_EQ(value("( 76.0 - 25.0 )"), "51");
}

TEST(Evaluate, RefusesEverythingElse) {
  for (const char* text : {"", "1 +", "+", "(1", "1)", "()", "1 2", "two", "1/0", "1/(2-2)", "0^-1", "2^0.5",
                           "2^1000", "1;2", "9^64^64", "1//2"})
    EXPECT_EQ(value(text), "none") << text;
  EXPECT_EQ(value(std::string(1000, '(') + "1" + std::string(1000, ')')), "none");
  EXPECT_EQ(value(std::string(3000, '-') + "1"), "none");
  std::string tower = "9";
  for (int i = 0; i < 30; ++i) tower = "(" + tower + ")^64";
  EXPECT_EQ(value(tower), "none");
}

double score(const std::string& completion, const Json& reference) {
  Trajectory trajectory{.completion = completion};
  trajectory.prompt.extra["answer"] = reference;
  return Arithmetic()(trajectory);
}

TEST(Arithmetic, AcceptsExpressionsOfTheValue) {
  EXPECT_EQ(score("( 76.0 - 25.0 )", 51.0), 1);
  EXPECT_EQ(score("First we subtract.\n76 - 25 = 51", "51"), 1);
  EXPECT_EQ(score("x = 76 - 25.", "( 76.0 - 25.0 )"), 1);
  EXPECT_EQ(score("reasoning 1 = 2\n#### 51", "51"), 1);
  EXPECT_EQ(score("1/3 + 1/3", "2/3"), 1);
}

TEST(Arithmetic, RefusesOthers) {
  EXPECT_EQ(score("76 + 25", 51), 0);
  EXPECT_EQ(score("76 - 25 = 52", 51), 0);
  EXPECT_EQ(score("76 - 24 = 51", 51), 0);
  EXPECT_EQ(score("fifty-one", 51), 0);
  EXPECT_EQ(score("", 51), 0);
  EXPECT_TRUE(std::isnan(score("51", "unknown")));
  EXPECT_TRUE(std::isnan(score("51", nullptr)));
}

}  // namespace
}  // namespace nudge
