#include "rewards/verifiers/ifeval/sentences.h"

#include <algorithm>
#include <array>
#include <string>

#include "rewards/verifiers/ifeval/patterns.h"

namespace nudge::ifeval {
namespace {

constexpr std::array<std::string_view, 25> kAbbreviations = {
    "mr",  "mrs", "ms",  "dr",  "prof", "st", "jr",  "sr",  "vs",  "etc",  "inc", "ltd", "co",
    "vol", "fig", "gen", "col", "capt", "lt", "rev", "sen", "rep", "dept", "e.g", "i.e"};

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The word whose point stands at `at`.
std::string word_before(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && (is_letter(text[begin - 1]) || text[begin - 1] == '.')) --begin;
  return std::string(text.substr(begin, at - begin));
}

bool abbreviates(std::string_view text, std::size_t point) {
  const std::string word = word_before(text, point);
  const bool initials = word.size() == 1 ? word[0] >= 'A' && word[0] <= 'Z' && word[0] != 'I'
                                         : word.size() == 3 && word[1] == '.';
  return initials || std::ranges::count(kAbbreviations, lower(word)) > 0;
}

std::size_t behind_closing_marks(std::string_view text, std::size_t at) {
  for (;;) {
    if (at < text.size() && std::string_view("\"')]*").find(text[at]) != std::string_view::npos)
      ++at;
    else if (text.substr(at).starts_with("”") || text.substr(at).starts_with("’"))
      at += 3;
    else
      return at;
  }
}

// Whether a sentence ends with the run of . ! ? before `end`.
bool ends_sentence(std::string_view text, std::size_t begin, std::size_t end) {
  const std::size_t behind = behind_closing_marks(text, end);
  if (behind == text.size()) return true;
  if (!is_space(text[behind])) return false;
  if (end - begin == 1 && text[begin] == '.' && abbreviates(text, begin)) return false;
  std::size_t next = behind;
  while (next < text.size() && is_space(text[next])) ++next;
  return next == text.size() || text[next] < 'a' || text[next] > 'z';
}

}  // namespace

std::int64_t count_sentences(std::string_view text) {
  std::int64_t sentences = 0;
  bool open = false;  // something but white space since the last end
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && (text[end] == '.' || text[end] == '!' || text[end] == '?')) ++end;
    if (end == at) {
      open |= !is_space(text[at++]);
      continue;
    }
    open = true;
    const bool ends = ends_sentence(text, at, end);
    at = ends ? behind_closing_marks(text, end) : end;
    if (!ends) continue;
    ++sentences;
    open = false;
  }
  return sentences + open;
}

}  // namespace nudge::ifeval
