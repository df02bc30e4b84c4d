#pragma once

#include <string>
#include <vector>

#include "records/records.h"

namespace nudge {

/// The reference answers of a completion, from a column of its prompt's record: a text or number stands
/// alone, a list holds alternatives. Empty when the column is absent, null or holds anything else: then there
/// is nothing to verify by, and the score is NaN.
std::vector<std::string> references(const Trajectory& trajectory, const std::string& column);

}  // namespace nudge
