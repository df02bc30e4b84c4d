#include "rewards/verifiers/match.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <memory>
#include <sstream>

#include "rewards/verifiers/reference.h"

namespace nudge {
namespace {

constexpr std::array<std::string_view, 29> kSpaces = {
    " ",      "\n",     "\t",     "\r",     "\f",     "\v",     "\x1c",   "\x1d",   "\x1e",   "\x1f",
    "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
    "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

struct Freed {
  void operator()(utf8proc_uint8_t* text) const { std::free(text); }
};

std::string folded(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                                      UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  const std::unique_ptr<utf8proc_uint8_t, Freed> owned(mapped);
  if (size < 0) return std::string(text);  // not UTF-8: compared as it is
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
}

bool is_punctuation(utf8proc_int32_t point) {
  const utf8proc_category_t category = utf8proc_category(point);
  const bool ascii_symbol =
      point < 128 && category >= UTF8PROC_CATEGORY_SM && category <= UTF8PROC_CATEGORY_SO;
  return (category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO) || ascii_symbol;
}

std::string without_punctuation(const std::string& text) {
  std::string kept;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t point = 0;
    const auto left = static_cast<utf8proc_ssize_t>(text.size() - at);
    const auto step =
        static_cast<std::size_t>(std::max<utf8proc_ssize_t>(1, utf8proc_iterate(bytes + at, left, &point)));
    if (!is_punctuation(point)) kept.append(text, at, step);
    at += step;
  }
  return kept;
}

// Whether any reference answer, through `form`, is the completion.
template <class Form>
double matches(const Trajectory& trajectory, const std::string& column, Form form) {
  const auto answers = references(trajectory.prompt, column);
  if (answers.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto given = form(trajectory.completion);
  return std::any_of(answers.begin(), answers.end(),
                     [&](const std::string& answer) { return form(answer) == given; });
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto begins = [&](std::string_view space) { return text.starts_with(space); };
  const auto ends = [&](std::string_view space) { return text.ends_with(space); };
  for (;;) {
    if (const auto* space = std::ranges::find_if(kSpaces, begins); space != kSpaces.end())
      text.remove_prefix(space->size());
    else if (space = std::ranges::find_if(kSpaces, ends); space != kSpaces.end())
      text.remove_suffix(space->size());
    else
      return text;
  }
}

std::string normalised(std::string_view text) {
  std::istringstream words(without_punctuation(folded(text)));
  std::string result;
  for (std::string word; words >> word;) {
    if (word == "a" || word == "an" || word == "the") continue;
    result += (result.empty() ? "" : " ") + word;
  }
  return result;
}

double ExactMatch::operator()(const Trajectory& trajectory) const {
  return matches(trajectory, column, trimmed);
}

void declare(SpecReader& spec, ExactMatch& match) {
  spec.read("column", match.column);
}

double NormalisedMatch::operator()(const Trajectory& trajectory) const {
  return matches(trajectory, column, normalised);
}

void declare(SpecReader& spec, NormalisedMatch& match) {
  spec.read("column", match.column);
}

}  // namespace nudge
