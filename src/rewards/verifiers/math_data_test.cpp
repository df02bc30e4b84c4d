// The verifiers over all of GSM8K and SVAMP, where they are at hand: every reference is accepted in several
// dresses, every corrupted one refused.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <sstream>

#include "base/files.h"
#include "rewards/verifiers/arithmetic.h"
#include "rewards/verifiers/expression.h"
#include "rewards/verifiers/number.h"

namespace nudge {
namespace {

std::filesystem::path data(const std::string& name) {
  return std::filesystem::path(NUDGE_SOURCE_DIR).parent_path() / "shared/data/math" / name;
}

Trajectory answered(const std::string& completion, const Json& record) {
  Trajectory trajectory{.completion = completion};
  trajectory.prompt.extra = record;
  return trajectory;
}

struct Counts {
  std::int64_t problems = 0, accepted = 0, refused = 0, tried = 0;
};

using Verifier = std::function<double(const Trajectory&)>;

// The right answer `value` must score 1 in every dress, and 0 when it is off by something.
void count(const Verifier& verifier, const Json& record, const Rational& value, Counts& counts) {
  const auto shown = [](const Rational& number) { return fmt::format("{}", number.get_d()); };
  const auto dresses = [&](const Rational& number) {
    return std::vector<std::string>{shown(number), "#### " + shown(number),
                                    "So the answer is $" + shown(number) + ".",
                                    "1 + 2 = 3\n\\boxed{" + number.get_str() + "}"};
  };
  ++counts.problems;
  for (const std::string& completion : dresses(value)) {
    ++counts.tried;
    counts.accepted += verifier(answered(completion, record)) == 1;
  }
  for (const Rational& wrong : {Rational(value + 1), Rational(value * 10 + 3), Rational(-value - 1),
                                Rational(value + Rational(1, 2))})
    for (const std::string& completion : dresses(wrong))
      counts.refused += verifier(answered(completion, record)) == 0;
}

TEST(MathData, EveryAnswerOfGsm8kIsAccepted) {
  if (!exists(data("gsm8k-train.jsonl"))) GTEST_SKIP() << "the data is not here";
  Counts counts;
  std::int64_t whole = 0, steps = 0, exact = 0, near = 0;
  for (const char* name : {"gsm8k-train.jsonl", "gsm8k-test.jsonl"}) {
    std::istringstream lines(read_file(data(name)));
    for (std::string line; std::getline(lines, line);) {
      const Json record = parse_json(line, name);
      const std::string solution = record.at("answer");
      const auto value = number_answer(solution, "####", /*strict=*/true);
      ASSERT_TRUE(value) << line;
      count(NumberMatch(), record, value->value, counts);
      whole += NumberMatch()(answered(solution, record)) == 1;
      // The calculator's annotations, <<48/2=24>>: the evaluator against the data set's own results.
      for (auto at = solution.find("<<"); at != std::string::npos; at = solution.find("<<", at + 2)) {
        const std::string step = solution.substr(at + 2, solution.find(">>", at) - at - 2);
        const auto left = evaluate(step.substr(0, step.rfind('='))),
                   right = evaluate(step.substr(step.rfind('=') + 1));
        ++steps;
        exact += left && right && *left == *right;
        near += left && right && abs(*left - *right) <= Rational(1, 100);
      }
    }
  }
  EXPECT_EQ(counts.problems, 7473 + 1319);
  EXPECT_EQ(whole, counts.problems);
  EXPECT_EQ(counts.accepted, counts.tried);
  EXPECT_EQ(counts.refused, 4 * counts.tried);
  std::cout << fmt::format(
      "GSM8K: {} problems, {} of {} dressed answers accepted, {} of {} corrupted ones refused; "
      "{} of {} calculations exact, {} within a hundredth\n",
      counts.problems, counts.accepted, counts.tried, counts.refused, 4 * counts.tried, exact, steps, near);
  EXPECT_GT(near, steps * 99 / 100);
}

TEST(MathData, EveryEquationOfSvampIsAccepted) {
  if (!exists(data("SVAMP.json"))) GTEST_SKIP() << "the data is not here";
  const Json records = read_json(data("SVAMP.json"));
  Counts numbers;
  std::int64_t equations = 0, chained = 0, corrupted = 0, agreeing = 0;
  for (const Json& record : records) {
    const std::string equation = record.at("Equation");
    const auto value = number_answer(record.at("Answer").dump(), "####");
    ASSERT_TRUE(value);
    agreeing += evaluate(equation) == value->value;
    count(NumberMatch{.column = "Answer"}, record, value->value, numbers);
    const Arithmetic arithmetic{.column = "Answer"};
    equations += arithmetic(answered("We compute:\n" + equation, record)) == 1;
    chained +=
        Arithmetic{.column = "Equation"}(answered(equation + " = " + value->value.get_str(), record)) == 1;
    corrupted += arithmetic(answered(equation + " + 1", record)) == 0;
  }
  EXPECT_EQ(numbers.accepted, numbers.tried);
  EXPECT_EQ(numbers.refused, 4 * numbers.tried);
  EXPECT_EQ(corrupted, numbers.problems);
  EXPECT_EQ(equations, agreeing);
  std::cout << fmt::format(
      "SVAMP: {} problems, {} equations give the answer exactly, {} accepted, {} as a chain, {} "
      "corrupted ones refused; {} of {} dressed answers accepted, {} of {} corrupted refused\n",
      numbers.problems, agreeing, equations, chained, corrupted, numbers.accepted, numbers.tried,
      numbers.refused, 4 * numbers.tried);
}

}  // namespace
}  // namespace nudge
