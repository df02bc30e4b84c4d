#pragma once

#include <string_view>

#include "text/jinja/builtins.h"

namespace nudge::jinja {

/// + - * / // % ** ~ of two values, with Python's meaning; integers that do not fit 64 bits are an Error.
Value arithmetic(Engine& engine, std::string_view name, const Value& left, const Value& right);
/// == != < <= > >= in, not in.
bool compare(Engine& engine, std::string_view name, const Value& left, const Value& right);
Value negative(Engine& engine, const Value& value);
/// subject[start:stop:step] of a list or a string; absent bounds are none.
Value slice(Engine& engine, const Value& subject, const Value& start, const Value& stop, const Value& step);

}  // namespace nudge::jinja
