#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "text/regular_expression.h"

namespace nudge::ifeval {

/// A pattern that matches `text` and nothing else.
std::string literal(std::string_view text);
/// How often a pattern matches; 0 when the text defeats the matcher.
std::int64_t count(const RegularExpression& expression, const std::string& text);
/// Text in small letters, letter by letter; as it is where it is not UTF-8.
std::string lower(const std::string& text);

}  // namespace nudge::ifeval
