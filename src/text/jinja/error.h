#pragma once

#include "base/error.h"

namespace nudge::jinja {

/// A place in a template's source, counted from 1.
struct Position {
  int line = 1;
  int column = 1;
};

template <class... Args>
[[noreturn]] void fail_at(Position at, fmt::format_string<Args...> format, Args&&... args) {
  fail("The chat template, line {}, column {}: {}", at.line, at.column,
       fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace nudge::jinja
