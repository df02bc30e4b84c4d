// Words and letters that an answer must or must not hold.
#include <algorithm>
#include <memory>

#include "base/error.h"
#include "rewards/verifiers/ifeval/instruction.h"
#include "rewards/verifiers/ifeval/patterns.h"

namespace nudge::ifeval {
namespace {

std::vector<std::shared_ptr<const RegularExpression>> any_case(const std::vector<std::string>& words,
                                                               const std::string& edge) {
  std::vector<std::shared_ptr<const RegularExpression>> expressions;
  for (const std::string& word : words)
    expressions.push_back(std::make_shared<const RegularExpression>(
        edge + literal(word) + edge, RegularExpression::Options{.ignore_case = true}));
  return expressions;
}

Check existence(const Json& kwargs) {
  const auto words = any_case(get<std::vector<std::string>>(kwargs, "keywords", kKwargs), "");
  return [=](const std::string& answer) {
    return std::ranges::all_of(words, [&](const auto& word) { return count(*word, answer) > 0; });
  };
}

Check forbidden_words(const Json& kwargs) {
  const auto words = any_case(get<std::vector<std::string>>(kwargs, "forbidden_words", kKwargs), "\\b");
  return [=](const std::string& answer) {
    return std::ranges::none_of(words, [&](const auto& word) { return count(*word, answer) > 0; });
  };
}

Check frequency(const Json& kwargs) {
  const auto word = any_case({get<std::string>(kwargs, "keyword", kKwargs)}, "").front();
  const Bound times = bound(kwargs, "relation", "frequency");
  return [=](const std::string& answer) { return times.holds(count(*word, answer)); };
}

Check letter_frequency(const Json& kwargs) {
  const std::string letter = get<std::string>(kwargs, "letter", kKwargs);
  require(letter.size() == 1, "{}: letter must be one ASCII character, and it is \"{}\".", kKwargs, letter);
  const Bound times = bound(kwargs, "let_relation", "let_frequency");
  return [=, wanted = lower(letter)[0]](const std::string& answer) {
    return times.holds(std::ranges::count(lower(answer), wanted));
  };
}

}  // namespace

const Instructions& keyword_instructions() {
  static const Instructions instructions = {{"keywords:existence", existence},
                                            {"keywords:forbidden_words", forbidden_words},
                                            {"keywords:frequency", frequency},
                                            {"keywords:letter_frequency", letter_frequency}};
  return instructions;
}

}  // namespace nudge::ifeval
