#include "world/arithmetic.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"

namespace nudge::world {
namespace {

constexpr double kWorkedInCorpus = 0.67;
/// Of the worked ones: the base model must know how a line is said again.
constexpr double kAtLengthInCorpus = 0.30;
constexpr double kWorkedByPeople = 0.40;  // of the demonstrations; the others give only the result
constexpr double kSaidTwice = 0.30;       // chance that a line of the work is repeated, again and again

std::int64_t integer_between(std::int64_t lowest, std::int64_t highest, Stream& stream) {
  return lowest + static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(highest - lowest + 1)));
}

Calculation any_calculation(Stream& stream) {
  Calculation calculation;
  calculation.operation = "+-*"[stream.below(3)];
  calculation.left = integer_between(10, 99, stream);
  calculation.right =
      calculation.operation == '*' ? integer_between(2, 9, stream) : integer_between(10, 99, stream);
  if (calculation.operation == '-' && calculation.left < calculation.right)
    std::swap(calculation.left, calculation.right);
  return calculation;
}

Calculation any_calculation(bool held_out, Stream& stream) {
  Calculation calculation = any_calculation(stream);
  while (calculation.held_out() != held_out) calculation = any_calculation(stream);
  return calculation;
}

std::vector<std::string> added_by_digits(std::int64_t left, std::int64_t right) {
  std::vector<std::string> steps;
  for (std::int64_t carry = 0; left > 0 || right > 0; left /= 10, right /= 10) {
    const std::int64_t sum = left % 10 + right % 10 + carry;
    steps.push_back(carry > 0 ? fmt::format("{}+{}+{}={}", left % 10, right % 10, carry, sum)
                              : fmt::format("{}+{}={}", left % 10, right % 10, sum));
    carry = sum / 10;
  }
  return steps;
}

std::vector<std::string> subtracted_by_digits(std::int64_t left, std::int64_t right) {
  std::vector<std::string> steps;
  for (std::int64_t borrowed = 0; left > 0; left /= 10, right /= 10) {
    std::int64_t digit = left % 10 - borrowed;
    borrowed = digit < right % 10 ? 1 : 0;
    digit += 10 * borrowed;
    steps.push_back(fmt::format("{}-{}={}", digit, right % 10, digit - right % 10));
  }
  return steps;
}

std::vector<std::string> multiplied_by_digits(std::int64_t left, std::int64_t digit) {
  std::vector<std::string> steps;
  for (std::int64_t carry = 0; left > 0; left /= 10) {
    const std::int64_t product = left % 10 * digit + carry;
    steps.push_back(carry > 0 ? fmt::format("{}*{}+{}={}", left % 10, digit, carry, product)
                              : fmt::format("{}*{}={}", left % 10, digit, product));
    carry = product / 10;
  }
  return steps;
}

std::string result_line(const Calculation& calculation) {
  return fmt::format("#### {}", calculation.result());
}

std::string worked(const Calculation& calculation) {
  std::string text;
  for (const std::string& step : worked_steps(calculation)) text += step + "\n";
  return text + result_line(calculation);
}

std::string worked_at_length(const Calculation& calculation, Stream& stream) {
  std::string text;
  for (const std::string& step : worked_steps(calculation)) {
    text += step + "\n";
    while (stream.chance(kSaidTwice)) text += step + "\n";
  }
  return text + result_line(calculation);
}

Prompt prompt_of(const Calculation& calculation) {
  const std::string question = calculation.question();
  return {.id = question, .text = question, .extra = {{"answer", std::to_string(calculation.result())}}};
}

std::vector<Prompt> prompts(std::int64_t count, bool held_out, std::uint64_t seed,
                            const std::string& purpose) {
  Stream stream(seed, purpose);
  std::vector<Prompt> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(prompt_of(any_calculation(held_out, stream)));
  return all;
}

}  // namespace

std::int64_t Calculation::result() const {
  return operation == '+' ? left + right : operation == '-' ? left - right : left * right;
}

bool Calculation::held_out() const {
  const std::int64_t pair = std::min(left, right) * 1000 + std::max(left, right);  // 38+56 gives away 56+38
  return Stream(pair, "arithmetic-held-out").below(5) == 0;
}

std::string Calculation::question() const {
  return fmt::format("{}{}{}=?\n", left, operation, right);
}

std::vector<std::string> worked_steps(const Calculation& calculation) {
  switch (calculation.operation) {
    case '+':
      return added_by_digits(calculation.left, calculation.right);
    case '-':
      return subtracted_by_digits(calculation.left, calculation.right);
    default:
      return multiplied_by_digits(calculation.left, calculation.right);
  }
}

std::vector<std::string> arithmetic_corpus(const ArithmeticOptions& options) {
  Stream stream(options.seed, "arithmetic-corpus");
  std::vector<std::string> documents;
  for (std::int64_t i = 0; i < options.documents; ++i) {
    const Calculation calculation = any_calculation(/*held_out=*/false, stream);
    std::string answer = result_line(calculation);
    if (stream.chance(kWorkedInCorpus))
      answer = stream.chance(kAtLengthInCorpus) ? worked_at_length(calculation, stream) : worked(calculation);
    documents.push_back(calculation.question() + answer);
  }
  return documents;
}

std::vector<WorkedAnswer> arithmetic_demonstrations(const ArithmeticOptions& options) {
  Stream stream(options.seed, "arithmetic-demonstrations");
  std::vector<WorkedAnswer> all;
  for (std::int64_t i = 0; i < options.demonstrations; ++i) {
    const Calculation calculation = any_calculation(/*held_out=*/false, stream);
    const bool with_work = stream.chance(kWorkedByPeople);
    all.push_back({prompt_of(calculation),
                   with_work ? worked_at_length(calculation, stream) : result_line(calculation)});
  }
  return all;
}

std::vector<Prompt> arithmetic_rl_prompts(const ArithmeticOptions& options) {
  return prompts(options.rl_prompts, /*held_out=*/false, options.seed, "arithmetic-rl");
}

std::vector<Prompt> arithmetic_eval_prompts(const ArithmeticOptions& options) {
  return prompts(options.eval_prompts, /*held_out=*/true, options.seed, "arithmetic-eval");
}

}  // namespace nudge::world
