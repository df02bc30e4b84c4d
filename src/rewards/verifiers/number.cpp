#include "rewards/verifiers/number.h"

#include <algorithm>
#include <limits>

#include "base/excerpt.h"
#include "rewards/verifiers/number_phrase.h"
#include "rewards/verifiers/reference.h"
#include "rewards/verifiers/scanning.h"

namespace nudge {
namespace {

// A \\boxed{...}, not one inside another.
struct Box {
  std::size_t begin, end;  // of it all
  std::string_view inside;
  bool closed;
};

// Behind the brace at `at`, escaped braces aside: where the one that closes it stands; npos when none does.
std::size_t closing_brace(std::string_view text, std::size_t at) {
  for (int depth = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '{') {
      ++depth;
    } else if (text[at] == '}' && --depth == 0) {
      return at;
    }
  }
  return std::string_view::npos;
}

std::vector<Box> boxes_of(std::string_view text) {
  std::vector<Box> boxes;
  for (std::size_t at = 0; (at = text.find('\\', at)) != std::string_view::npos;) {
    std::size_t brace = at;
    if (!take(text, brace, "\\boxed") && !take(text, brace, "\\fbox")) {
      ++at;
      continue;
    }
    while (brace < text.size() && text[brace] == ' ') ++brace;
    if (brace == text.size() || text[brace] != '{') {
      at = brace;
      continue;
    }
    const std::size_t end = closing_brace(text, brace);
    const bool closed = end != std::string_view::npos;
    boxes.push_back(
        {at, closed ? end + 1 : text.size(), text.substr(brace + 1, closed ? end - brace - 1 : 0), closed});
    at = boxes.back().end;
  }
  return boxes;
}

// Whether nothing but "and", "or" or a comma stands between two boxes: they are one answer.
bool is_enumeration(std::string_view between) {
  std::string word;
  for (std::size_t at = 0; at < between.size(); ++at) {
    if (take(between, at, "\\text") || take(between, at, "\\quad"))
      --at;
    else if (std::string_view(" \t\n$\\{}").find(between[at]) == std::string_view::npos)
      word += between[at];
  }
  const auto is = [&](const char* expected) { return word == expected; };
  return is("") || is(",") || is(";") || is("and") || is("or") || is(",and") || is(",or") || is("&");
}

std::optional<Number> boxed_number(std::string_view text, const std::vector<Box>& boxes) {
  const Box& last = boxes.back();
  if (!last.closed) return std::nullopt;
  auto number = whole_number(last.inside);
  if (boxes.size() < 2 || !number) return number;
  const Box& before = boxes[boxes.size() - 2];
  if (!is_enumeration(text.substr(before.end, last.begin - before.end))) return number;
  const auto other = whole_number(before.inside);
  return other && same(*other, *number) ? number : std::nullopt;
}

// The line behind the last marker; absent without one.
std::optional<std::string_view> marked_line(std::string_view text, const std::string& marker) {
  const auto marked = marker.empty() ? std::string_view::npos : text.rfind(marker);
  if (marked == std::string_view::npos) return std::nullopt;
  const std::string_view behind = text.substr(marked + marker.size());
  const auto begin = behind.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return behind.substr(begin, behind.find('\n', begin) - begin);
}

}  // namespace

bool same(const Number& a, const Number& b, double tolerance) {
  const auto near = [&](const Rational& x, const Rational& y) { return abs(x - y) <= Rational(tolerance); };
  if (near(a.value, b.value)) return true;
  if (a.percent == b.percent) return false;
  return a.percent ? near(a.value / 100, b.value) : near(a.value, b.value / 100);
}

std::optional<Number> number_answer(std::string_view text, const std::string& marker, bool strict) {
  const auto line = marked_line(text, marker);
  if (!line && strict) return std::nullopt;
  const std::string_view site = line ? *line : text;
  if (const auto boxes = boxes_of(site); !boxes.empty()) return boxed_number(site, boxes);
  if (!line) return last_standing_number(text);
  const auto whole = whole_number(*line);
  return whole ? whole : first_standing_number(*line);
}

std::optional<Number> reference_number(std::string_view text, const std::string& marker) {
  const bool shown = marked_line(text, marker) || !boxes_of(text).empty();
  return shown ? number_answer(text, marker) : whole_number(text);
}

double NumberMatch::operator()(const Trajectory& trajectory) const {
  const auto given = number_answer(trajectory.completion, marker, strict);
  bool known = false;
  for (const std::string& reference : references(trajectory.prompt, column)) {
    const auto expected = reference_number(reference, marker);
    if (!expected) continue;
    known = true;
    if (given && same(*given, *expected, tolerance)) return 1;
  }
  return known ? 0 : std::numeric_limits<double>::quiet_NaN();
}

std::string NumberMatch::objection(const Prompt& prompt) const {
  const std::vector<std::string> all = references(prompt, column);
  const auto is_number = [&](const std::string& text) { return reference_number(text, marker).has_value(); };
  if (all.empty() || std::ranges::any_of(all, is_number)) return {};
  return "its " + column + " \"" + excerpt(all.front()) + "\" is no number";
}

void declare(SpecReader& spec, NumberMatch& match) {
  spec.read("column", match.column);
  spec.read("marker", match.marker);
  spec.read("tolerance", match.tolerance);
  spec.read("strict", match.strict);
  if (match.tolerance < 0) spec.refuse("tolerance must not be negative");
}

}  // namespace nudge
