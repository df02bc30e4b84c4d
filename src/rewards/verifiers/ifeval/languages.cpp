// In which language, case and punctuation an answer is written.
#include "base/error.h"
#include "rewards/verifiers/ifeval/capital_words.h"
#include "rewards/verifiers/ifeval/instruction.h"
#include "rewards/verifiers/ifeval/language.h"

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

Check capital_word_frequency(const Json& kwargs) {
  const Bound times = bound(kwargs, "capital_relation", "capital_frequency");
  return [=](const std::string& answer) { return times.holds(count_capital_words(answer)); };
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
