// Marks that an answer must carry: placeholders, postscript, sections, bullets, highlights, title, JSON.
#include <algorithm>
#include <array>
#include <memory>

#include "base/error.h"
#include "rewards/verifiers/ifeval/instruction.h"
#include "rewards/verifiers/ifeval/patterns.h"
#include "rewards/verifiers/match.h"

namespace nudge::ifeval {
namespace {

std::shared_ptr<const RegularExpression> pattern(const std::string& text, bool multiline = false) {
  return std::make_shared<const RegularExpression>(text, RegularExpression::Options{.multiline = multiline});
}

// Text without these marks at its ends.
std::string_view without(std::string_view text, char opening, char closing) {
  text.remove_prefix(std::min(text.find_first_not_of(opening), text.size()));
  return text.substr(0, text.find_last_not_of(closing) + 1);
}

// At least so many matches.
Check at_least(std::shared_ptr<const RegularExpression> expression, std::int64_t wanted) {
  return [=](const std::string& answer) { return count(*expression, answer) >= wanted; };
}

Check number_placeholders(const Json& kwargs) {
  return at_least(pattern(R"(\[.*?\])"), get<std::int64_t>(kwargs, "num_placeholders", kKwargs));
}

Check multiple_sections(const Json& kwargs) {
  const auto name = get<std::string>(kwargs, "section_spliter", kKwargs);
  return at_least(pattern(literal(name) + R"(\s?\d+)"), get<std::int64_t>(kwargs, "num_sections", kKwargs));
}

// The published checker wants "p.s." but accepts a missing last point of "P.P.S".
Check postscript(const Json& kwargs) {
  const auto marker = get<std::string>(kwargs, "postscript_marker", kKwargs);
  const std::string form = marker == "P.P.S"  ? R"(p\.\s?p\.\s?s)"
                           : marker == "P.S." ? R"(p\.\s?s\.)"
                                              : literal(lower(marker));
  return [mark = pattern(form)](const std::string& answer) { return count(*mark, lower(answer)) > 0; };
}

Check number_bullet_lists(const Json& kwargs) {
  const auto wanted = get<std::int64_t>(kwargs, "num_bullets", kKwargs);
  const auto stars = pattern(R"(^\s*\*[^\*].*$)", true), dashes = pattern(R"(^\s*-.*$)", true);
  return [=](const std::string& answer) { return count(*stars, answer) + count(*dashes, answer) == wanted; };
}

// *one* and **two** both count; so does the inside of **two** for the published checker when not empty.
Check number_highlighted_sections(const Json& kwargs) {
  const auto wanted = get<std::int64_t>(kwargs, "num_highlights", kKwargs);
  const auto single = pattern(R"(\*[^\n\*]*\*)"), twice = pattern(R"(\*\*[^\n\*]*\*\*)");
  return [=](const std::string& answer) {
    std::int64_t full = 0;
    for (const auto& expression : {single, twice})
      for (const std::string_view found : expression->all(answer).value_or(std::vector<std::string_view>()))
        full += !trimmed(without(found, '*', '*')).empty();
    return full >= wanted;
  };
}

Check title(const Json&) {
  return [title = pattern(R"(<<[^\n]+>>)")](const std::string& answer) {
    const auto found = title->all(answer).value_or(std::vector<std::string_view>());
    return std::ranges::any_of(
        found, [](std::string_view text) { return !trimmed(without(text, '<', '>')).empty(); });
  };
}

Check constrained_response(const Json&) {
  return [](const std::string& answer) {
    constexpr std::array kOptions = {"My answer is yes.", "My answer is no.", "My answer is maybe."};
    return std::ranges::any_of(kOptions,
                               [&](const char* option) { return answer.find(option) != std::string::npos; });
  };
}

// The whole answer is JSON, bare or in a Markdown fence. (The published checker also takes what Python's
// parser takes: NaN and Infinity.)
Check json_format(const Json&) {
  return [](const std::string& answer) {
    std::string_view text = trimmed(answer);
    for (const std::string_view fence : {"```json", "```Json", "```JSON", "```"}) {
      if (!text.starts_with(fence)) continue;
      text.remove_prefix(fence.size());
      break;
    }
    if (text.ends_with("```")) text.remove_suffix(3);
    text = trimmed(text);
    return !text.starts_with("\ufeff") && Json::accept(text);
  };
}

}  // namespace

const Instructions& format_instructions() {
  static const Instructions instructions = {
      {"detectable_content:number_placeholders", number_placeholders},
      {"detectable_content:postscript", postscript},
      {"detectable_format:constrained_response", constrained_response},
      {"detectable_format:json_format", json_format},
      {"detectable_format:multiple_sections", multiple_sections},
      {"detectable_format:number_bullet_lists", number_bullet_lists},
      {"detectable_format:number_highlighted_sections", number_highlighted_sections},
      {"detectable_format:title", title}};
  return instructions;
}

}  // namespace nudge::ifeval
