#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rewards/verifiers/number.h"

namespace nudge {

/// What stands raised at `at`: "^2", "^{-2}", "^(n+1)", "^\circ", "⁻²" (as "-2"), without its braces, which
/// match; moves `at` behind it. Empty behind a ^ that raises nothing. Absent when nothing is raised.
std::optional<std::string> take_superscript(std::string_view text, std::size_t& at);

/// Raises `value` to the integer powers that stand at `at`; moves `at` behind them. `value` becomes absent
/// when the exponent is no integer (a variable, a fraction), the power is too large, or there are powers of
/// powers. Degrees, primes, ordinals and footnote marks are passed over. False when nothing raised stands
/// there.
bool take_powers(std::string_view text, std::size_t& at, std::optional<Rational>& value);

}  // namespace nudge
