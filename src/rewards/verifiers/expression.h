#pragma once

#include <optional>
#include <string_view>

#include "rewards/verifiers/number.h"

namespace nudge {

/// The exact value of an arithmetic expression: + - * / ^ (also ** x × · ÷ \times \cdot \div), brackets of
/// every kind, signs, decimals, thousands separators, a percent sign (a hundredth), currency signs (ignored).
/// Absent when the text is anything else, divides by zero, or grows beyond reason (4096 characters, depth 64,
/// whole exponents up to 64, 100,000 bits).
std::optional<Rational> evaluate(std::string_view expression);

}  // namespace nudge
