#pragma once

#include <string_view>

#include "text/jinja/ast.h"

namespace nudge::jinja {

/// Parses a template. What is not in the subset (include, import, extends, call, ...) is refused by name, and
/// unknown filters and tests where Jinja refuses them (require_known). Throws Error with line and column.
Body parse(std::string_view source);

}  // namespace nudge::jinja
