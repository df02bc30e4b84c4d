#pragma once

#include "rewards/verifiers/number.h"

namespace nudge {

// Whether a number that stands in a text is what the text says. `3k`, `(1, 2)`, `5:30`, `2 + 3`, `x > 5`, `12
// or 13` hold numbers and are none. docs/rewards.md has the table.

/// The number that a text is as a whole: "72", "x = 72", "72 clips", "$72". Absent when it is anything else.
std::optional<Number> whole_number(std::string_view text);

/// The first number of a line, or the last of a text, where it stands for itself in what is said around it.
std::optional<Number> first_standing_number(std::string_view line);
std::optional<Number> last_standing_number(std::string_view text);

}  // namespace nudge
