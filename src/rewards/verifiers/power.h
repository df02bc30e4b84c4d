#pragma once

#include <optional>

#include "rewards/verifiers/number.h"

namespace nudge {

/// `value` where it is of a size that is quick to compute with (10,000 bits); absent otherwise.
std::optional<Rational> bounded(Rational value);

/// The exact base^exponent; absent when it is too large, or a power of 0 that divides by it.
std::optional<Rational> power(const Rational& base, long exponent);

}  // namespace nudge
