#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/json.h"

namespace nudge {

/// What `nudge eval` measured as lines for people: a name and a number with its 95 % interval each; shares
/// and win rates in percent. Measures that are absent are left out, and so are the texts.
std::string measures_text(const Json& measures);

/// A table of several models, a row each under its name, a column for each measure that one of them has; cut
/// into tables below each other where a line would be longer than `width`.
std::string measures_table(const std::vector<std::string>& names, const std::vector<Json>& measured,
                           std::size_t width);

}  // namespace nudge
