#include "rewards/verifiers/arithmetic.h"

#include <algorithm>
#include <limits>

#include "base/excerpt.h"
#include "rewards/verifiers/expression.h"
#include "rewards/verifiers/match.h"
#include "rewards/verifiers/reference.h"

namespace nudge {
namespace {

std::string_view last_line(std::string_view text, const std::string& marker) {
  if (const auto at = text.rfind(marker); !marker.empty() && at != std::string_view::npos)
    text.remove_prefix(at + marker.size());
  text = trimmed(text);
  text = trimmed(text.substr(text.rfind('\n') + 1));
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

// The value on which all sides of an equation agree that have one; absent when none does or two differ.
std::optional<Rational> agreed_value(std::string_view equation, double tolerance) {
  std::optional<Rational> agreed;
  for (std::string_view rest = equation;;) {
    const auto equals = rest.find('=');
    if (const auto value = evaluate(rest.substr(0, equals))) {
      if (agreed && abs(*agreed - *value) > Rational(tolerance)) return std::nullopt;
      agreed = value;
    }
    if (equals == std::string_view::npos) return agreed;
    rest.remove_prefix(equals + 1);
  }
}

}  // namespace

double Arithmetic::operator()(const Trajectory& trajectory) const {
  const auto given = agreed_value(last_line(trajectory.completion, marker), tolerance);
  bool known = false;
  for (const std::string& reference : references(trajectory.prompt, column)) {
    const auto expected = agreed_value(last_line(reference, marker), tolerance);
    if (!expected) continue;
    known = true;
    if (given && abs(*given - *expected) <= Rational(tolerance)) return 1;
  }
  return known ? 0 : std::numeric_limits<double>::quiet_NaN();
}

std::string Arithmetic::objection(const Prompt& prompt) const {
  const std::vector<std::string> all = references(prompt, column);
  const auto has_value = [&](const std::string& text) {
    return agreed_value(last_line(text, marker), tolerance).has_value();
  };
  if (all.empty() || std::ranges::any_of(all, has_value)) return {};
  return "its " + column + " \"" + excerpt(all.front()) + "\" is no expression that has a value";
}

void declare(SpecReader& spec, Arithmetic& arithmetic) {
  spec.read("column", arithmetic.column);
  spec.read("marker", arithmetic.marker);
  spec.read("tolerance", arithmetic.tolerance);
  if (arithmetic.tolerance < 0) spec.refuse("tolerance must not be negative");
}

}  // namespace nudge
