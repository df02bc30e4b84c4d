#pragma once

#include "rewards/verifiers/number.h"

namespace nudge {

/// What stands at a place of a text.
struct ScannedNumber {
  bool there = false;           // whether a number begins here
  std::optional<Number> value;  // absent where it cannot be computed (2^n)
};

/// The number that begins exactly at `at`; moves `at` behind it. What stands before it decides whether a
/// minus is a sign.
ScannedNumber scan_number(std::string_view text, std::size_t& at);

/// Passes over the exponent of a unit or a variable, which is no number by itself; of ^42^, which is raised
/// text, only the first ^. False where none stands.
bool pass_superscript(std::string_view text, std::size_t& at);

}  // namespace nudge
