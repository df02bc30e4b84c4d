#include "rewards/verifiers/number.h"

#include <limits>

#include "rewards/verifiers/number_scanner.h"
#include "rewards/verifiers/reference.h"

namespace nudge {
namespace {

// What the last \boxed{...} holds, braces inside it balanced.
std::optional<std::string_view> last_boxed(std::string_view text) {
  constexpr std::string_view kBoxed = "\\boxed{";
  const auto begin = text.rfind(kBoxed);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view inside = text.substr(begin + kBoxed.size());
  int depth = 1;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '{') ++depth;
    if (inside[i] == '}' && --depth == 0) return inside.substr(0, i);
  }
  return inside;
}

}  // namespace

bool same(const Number& a, const Number& b, double tolerance) {
  const auto near = [&](const Rational& x, const Rational& y) { return abs(x - y) <= Rational(tolerance); };
  if (near(a.value, b.value)) return true;
  if (a.percent == b.percent) return false;
  return a.percent ? near(a.value / 100, b.value) : near(a.value, b.value / 100);
}

std::optional<Number> first_number(std::string_view text) {
  std::size_t at = 0;
  return next_number(text, at);
}

std::optional<Number> last_number(std::string_view text) {
  std::optional<Number> last;
  std::size_t at = 0;
  while (auto found = next_number(text, at)) last = std::move(found);
  return last;
}

std::optional<Number> number_answer(std::string_view text, const std::string& marker, bool strict) {
  const auto marked = marker.empty() ? std::string_view::npos : text.rfind(marker);
  if (marked != std::string_view::npos) {
    const std::string_view behind = text.substr(marked + marker.size());
    const auto begin = behind.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return std::nullopt;
    return first_number(behind.substr(begin, behind.find('\n', begin) - begin));
  }
  if (strict) return std::nullopt;
  if (const auto boxed = last_boxed(text)) return last_number(*boxed);
  return last_number(text);
}

double NumberMatch::operator()(const Trajectory& trajectory) const {
  const auto given = number_answer(trajectory.completion, marker, strict);
  bool known = false;
  for (const std::string& reference : references(trajectory, column)) {
    const auto expected = number_answer(reference, marker);
    if (!expected) continue;
    known = true;
    if (given && same(*given, *expected, tolerance)) return 1;
  }
  return known ? 0 : std::numeric_limits<double>::quiet_NaN();
}

void declare(SpecReader& spec, NumberMatch& match) {
  spec.read("column", match.column);
  spec.read("marker", match.marker);
  spec.read("tolerance", match.tolerance);
  spec.read("strict", match.strict);
  if (match.tolerance < 0) spec.refuse("tolerance must not be negative");
}

}  // namespace nudge
