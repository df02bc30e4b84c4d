#pragma once

#include "text/jinja/ast.h"

namespace nudge::jinja {

/// Throws Error when a program uses a filter or test that is not known, where Jinja refuses it too (3.1,
/// compiler.py, _filter_test_common): anywhere but directly in an `if` or a conditional expression, where it
/// fails only once it is reached. A loop, macro or block inside an `if` is no longer directly in it.
void require_known(const Body& program);

/// Whether a statement of the kind stands anywhere in a program.
bool holds(const Body& program, Statement::Kind kind);

}  // namespace nudge::jinja
