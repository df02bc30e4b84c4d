#pragma once

#include <string>

#include "base/json.h"

namespace nudge {

/// What `nudge eval` wrote, of one model or of several, as people read it: how it was measured, then the
/// measures line by line or as one table, as wide as the terminal of standard output allows.
std::string evaluations_text(const Json& results);

}  // namespace nudge
