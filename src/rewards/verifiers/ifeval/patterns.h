#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rewards/verifiers/regular_expression.h"

namespace nudge::ifeval {

/// A pattern that matches `text` and nothing else.
std::string literal(std::string_view text);
/// How often a pattern matches; 0 when the text defeats the matcher.
std::int64_t count(const RegularExpression& expression, const std::string& text);
/// ASCII letters in lower case; others as they are.
std::string lower(std::string text);

}  // namespace nudge::ifeval
