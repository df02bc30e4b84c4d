#pragma once

#include <string>
#include <vector>

#include "records/records.h"

namespace nudge {

/// The reference answers of a prompt, from a column of its record: a text or number stands
/// alone, a list holds alternatives. Empty when the column is absent, null or holds anything else: then there
/// is nothing to verify by, and the score is NaN.
std::vector<std::string> references(const Prompt& prompt, const std::string& column);

}  // namespace nudge
