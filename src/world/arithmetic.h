#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "records/records.h"

namespace nudge::world {

/// The smallest task on which reinforcement learning from a verifiable reward shows: sums and differences of
/// two-digit numbers, products of one with a digit, answered at once or with worked steps, the result behind
/// `####` as in GSM8K.
struct ArithmeticOptions {
  std::uint64_t seed = 0;
  std::int64_t documents = 150000;
  std::int64_t demonstrations = 2000;
  std::int64_t rl_prompts = 8000;
  std::int64_t eval_prompts = 500;
};

/// One calculation. A fifth of all pairs of operands is kept for evaluation, by a fixed rule of the operands:
/// no document, demonstration or training prompt has them as its question.
struct Calculation {
  std::int64_t left = 0, right = 0;
  char operation = '+';  // '+', '-' (never below 0) or '*'

  std::int64_t result() const;
  bool held_out() const;
  std::string question() const;  // "47*8=?\n"
};

/// The schoolbook steps, one a line: digit by digit from the right, with carries.
std::vector<std::string> worked_steps(const Calculation& calculation);

/// Question and answer as text, two thirds with worked steps, some of which are said twice: what the model is
/// pretrained on.
std::vector<std::string> arithmetic_corpus(const ArithmeticOptions& options);

/// A question and an answer by a person of mixed care: right always, but often without the work, and with
/// steps said twice.
struct WorkedAnswer {
  Prompt prompt;
  std::string answer;
};
std::vector<WorkedAnswer> arithmetic_demonstrations(const ArithmeticOptions& options);

/// Questions with the right result in the column `answer`; those for evaluation have held-out operands.
std::vector<Prompt> arithmetic_rl_prompts(const ArithmeticOptions& options);
std::vector<Prompt> arithmetic_eval_prompts(const ArithmeticOptions& options);

}  // namespace nudge::world
