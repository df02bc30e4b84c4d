#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace nudge {

/// Columns that files write in more than one type.

/// A name, which may be a whole number (`"rater": 17`); empty when absent or null. Throws Error for another
/// type.
std::string name_in(const Json& record, const std::string& column, std::string_view where);

/// Whether somebody liked an answer: true and false, or 1 and 0. Throws Error for anything else.
bool liked_in(const Json& record, const std::string& column, std::string_view where);

}  // namespace nudge
