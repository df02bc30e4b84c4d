#include "world/arithmetic.h"

#include <gtest/gtest.h>

#include <set>

namespace nudge::world {
namespace {

constexpr ArithmeticOptions kSmall{
    .documents = 300, .demonstrations = 200, .rl_prompts = 200, .eval_prompts = 100};

// The value of "a+b", "a+b+c", "a-b", "a*b" or "a*b+c", from left to right.
std::int64_t value_of(const std::string& expression) {
  std::size_t end = 0;
  std::int64_t value = std::stoll(expression, &end);
  for (std::size_t at = end; at < expression.size(); at += 1 + end) {
    const std::int64_t next = std::stoll(expression.substr(at + 1), &end);
    value = expression[at] == '+' ? value + next : expression[at] == '-' ? value - next : value * next;
  }
  return value;
}

TEST(Arithmetic, EveryStepIsTrue) {
  for (const Calculation& calculation :
       {Calculation{78, 56, '+'}, Calculation{99, 11, '+'}, Calculation{52, 37, '-'},
        Calculation{10, 10, '-'}, Calculation{81, 79, '-'}, Calculation{47, 8, '*'},
        Calculation{90, 2, '*'}}) {
    for (const std::string& step : worked_steps(calculation)) {
      const std::size_t equals = step.find('=');
      EXPECT_EQ(value_of(step.substr(0, equals)), value_of(step.substr(equals + 1))) << step;
    }
  }
}

TEST(Arithmetic, DigitsOfTheStepsSpellTheResult) {
  EXPECT_EQ(worked_steps({78, 56, '+'}), (std::vector<std::string>{"8+6=14", "7+5+1=13"}));
  EXPECT_EQ(worked_steps({52, 37, '-'}), (std::vector<std::string>{"12-7=5", "4-3=1"}));
  EXPECT_EQ(worked_steps({47, 8, '*'}), (std::vector<std::string>{"7*8=56", "4*8+5=37"}));
}

TEST(Arithmetic, EvaluationAsksWhatTrainingNeverDid) {
  std::set<std::string> trained;
  for (const std::string& document : arithmetic_corpus(kSmall))
    trained.insert(document.substr(0, document.find('\n') + 1));
  for (const WorkedAnswer& each : arithmetic_demonstrations(kSmall)) trained.insert(each.prompt.text);
  for (const Prompt& prompt : arithmetic_rl_prompts(kSmall)) trained.insert(prompt.text);
  for (const Prompt& prompt : arithmetic_eval_prompts(kSmall)) EXPECT_FALSE(trained.contains(prompt.text));
  EXPECT_GT(trained.size(), 500U);
}

TEST(Arithmetic, EveryAnswerEndsInItsResult) {
  for (const WorkedAnswer& each : arithmetic_demonstrations(kSmall)) {
    const std::string expected = "#### " + each.prompt.extra["answer"].get<std::string>();
    ASSERT_GE(each.answer.size(), expected.size());
    EXPECT_EQ(each.answer.substr(each.answer.size() - expected.size()), expected);
  }
}

}  // namespace
}  // namespace nudge::world
