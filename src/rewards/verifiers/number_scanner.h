#pragma once

#include "rewards/verifiers/number.h"

namespace nudge {

/// The next number at or behind `at`; moves `at` behind it. Absent when there is none left.
std::optional<Number> next_number(std::string_view text, std::size_t& at);

}  // namespace nudge
