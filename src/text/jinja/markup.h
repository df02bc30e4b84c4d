#pragma once

#include <string>

#include "text/jinja/ast.h"

namespace nudge::jinja {

/// Whether an expression is marked as HTML that is safe (markupsafe's Markup): `text | safe`, or a sum that
/// holds one. What variables hold is never marked here.
bool is_markup(const Expression& expression);

/// As Python's sum of a marked text and another: the other one is escaped (markupsafe 3.0, Markup.__add__),
/// though chat templates are no HTML.
std::string escaped_markup(const std::string& text);

}  // namespace nudge::jinja
