// How an answer begins, ends and is put together.
#include "base/error.h"
#include "rewards/verifiers/ifeval/instruction.h"
#include "rewards/verifiers/ifeval/patterns.h"
#include "rewards/verifiers/match.h"

namespace nudge::ifeval {
namespace {

Check repeat_prompt(const Json& kwargs) {
  const auto prompt = get<std::string>(kwargs, "prompt_to_repeat", kKwargs);
  return [beginning = lower(std::string(trimmed(prompt)))](const std::string& answer) {
    return lower(std::string(trimmed(answer))).starts_with(beginning);
  };
}

// Two different answers parted by six stars; empty ones may stand first and last only.
Check two_responses(const Json&) {
  return [](const std::string& answer) {
    constexpr std::string_view kBetween = "******";
    std::vector<std::string_view> full;
    std::string_view rest = answer;
    for (bool first = true;; first = false) {
      const auto at = rest.find(kBetween);
      const bool last = at == std::string_view::npos;
      const std::string_view response = trimmed(rest.substr(0, at));
      if (response.empty() && !first && !last) return false;
      if (!response.empty()) full.push_back(response);
      if (last) return full.size() == 2 && full[0] != full[1];
      rest.remove_prefix(at + kBetween.size());
    }
  };
}

Check end_checker(const Json& kwargs) {
  const auto phrase = get<std::string>(kwargs, "end_phrase", kKwargs);
  return [ending = lower(std::string(trimmed(phrase)))](const std::string& answer) {
    std::string_view text = trimmed(answer);
    while (text.ends_with('"')) text.remove_suffix(1);
    return lower(std::string(text)).ends_with(ending);
  };
}

Check quotation(const Json&) {
  return [](const std::string& answer) {
    const std::string_view text = trimmed(answer);
    return text.size() > 1 && text.front() == '"' && text.back() == '"';
  };
}

}  // namespace

const Instructions& frame_instructions() {
  static const Instructions instructions = {{"combination:repeat_prompt", repeat_prompt},
                                            {"combination:two_responses", two_responses},
                                            {"startend:end_checker", end_checker},
                                            {"startend:quotation", quotation}};
  return instructions;
}

}  // namespace nudge::ifeval
