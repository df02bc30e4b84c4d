// In which language, case and punctuation an answer is written.
#include <memory>

#include "base/error.h"
#include "rewards/verifiers/ifeval/instruction.h"
#include "rewards/verifiers/ifeval/language.h"
#include "rewards/verifiers/ifeval/patterns.h"

namespace nudge::ifeval {
namespace {

Check response_language(const Json& kwargs) {
  const auto code = get<std::string>(kwargs, "language", "ifeval kwargs");
  return [=](const std::string& answer) { return is_language(answer, code); };
}

Check english_capital(const Json&) {
  return [](const std::string& answer) { return is_upper(answer) && is_language(answer, "en"); };
}

Check english_lowercase(const Json&) {
  return [](const std::string& answer) { return is_lower(answer) && is_language(answer, "en"); };
}

// Words in capitals, hyphened ones as one; nltk's tokenizer splits contractions where this does not.
Check capital_word_frequency(const Json& kwargs) {
  const Bound times = bound(kwargs, "capital_relation", "capital_frequency");
  const auto word = std::make_shared<const RegularExpression>(R"([\p{L}\p{N}]+(?:[-'’.&/][\p{L}\p{N}]+)*)");
  return [=](const std::string& answer) {
    std::int64_t capital = 0;
    for (const std::string_view found : word->all(answer).value_or(std::vector<std::string_view>()))
      capital += is_upper(std::string(found));
    return times.holds(capital);
  };
}

Check no_comma(const Json&) {
  return [](const std::string& answer) { return answer.find(',') == std::string::npos; };
}

}  // namespace

const Instructions& language_instructions() {
  static const Instructions instructions = {{"language:response_language", response_language},
                                            {"change_case:english_capital", english_capital},
                                            {"change_case:english_lowercase", english_lowercase},
                                            {"change_case:capital_word_frequency", capital_word_frequency},
                                            {"punctuation:no_comma", no_comma}};
  return instructions;
}

}  // namespace nudge::ifeval
