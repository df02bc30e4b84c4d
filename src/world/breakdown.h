#pragma once

#include <vector>

#include "base/json.h"
#include "records/records.h"

namespace nudge::world {

/// What answers to the world's prompts show, kind by kind, as intervals: right on plain questions, "I do not
/// know" where due and where not, guesses, agreement with wrong opinions. A kind that no prompt is of is left
/// out.
Json breakdown(const std::vector<Trajectory>& answers);

}  // namespace nudge::world
