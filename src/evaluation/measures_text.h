#pragma once

#include <string>

#include "base/json.h"

namespace nudge {

/// What `nudge eval` measured as lines for people: a name and a number with its 95 % interval each; shares
/// and win rates in percent. Measures that are absent are left out, and so are the texts.
std::string measures_text(const Json& measures);

}  // namespace nudge
