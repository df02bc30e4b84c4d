#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "text/jinja/error.h"
#include "text/jinja/value.h"

namespace nudge::jinja {

struct Expression;
using ExpressionPointer = std::unique_ptr<const Expression>;

/// One node of an expression. `parts` holds its operands in source order; a null part is one left out.
struct Expression {
  enum class Kind {
    literal,      // value
    name,         // name
    list,         // parts
    tuple,        // parts
    dict,         // parts: key, value, key, value ...
    attribute,    // parts[0] . name
    item,         // parts[0] [ parts[1] ]
    slice,        // parts[0] [ parts[1] : parts[2] : parts[3] ]
    call,         // parts[0] ( parts[1...], *more, keywords, **more_named )
    filter,       // parts[0] | name ( as a call )
    test,         // parts[0] is name ( as a call )
    unary,        // name: "not", "-", "+"
    binary,       // name: arithmetic, "~", "and", "or"
    comparison,   // parts[0] names[0] parts[1] names[1] parts[2] ..., as Python chains them
    conditional,  // parts[0] if parts[1] else parts[2]
  };

  Kind kind;
  Position at;
  std::string name;
  Value value;
  std::vector<ExpressionPointer> parts;
  std::vector<std::string> names;
  std::vector<std::pair<std::string, ExpressionPointer>> keywords;
  ExpressionPointer more, more_named;  // null when nothing is unpacked
  int depth = 1;
};

struct Statement;
using Body = std::vector<std::unique_ptr<const Statement>>;

/// The name of the text that a filter block filters: one that no template can write.
inline constexpr const char* kFiltered = "";

/// One statement. Which members it uses is said beside its kind.
struct Statement {
  enum class Kind {
    text,           // name: the text
    output,         // expressions[0]
    condition,      // expressions[i] guards bodies[i]; a body more is the else branch
    loop,           // for targets in expressions[0] (if expressions[1]): bodies[0], else bodies[1]
    set,            // targets = expressions[0]
    set_block,      // targets[0] = the rendered bodies[0]
    set_attribute,  // targets[0].targets[1] = expressions[0]
    macro,          // name(targets, the last of them with defaults in expressions): bodies[0]
    generation,     // bodies[0] in a scope of its own, marked as the assistant's
    filter_block,   // bodies[0] rendered, as kFiltered in expressions[0]
    break_loop,
    continue_loop,
  };

  Kind kind;
  Position at;
  std::string name;
  std::vector<std::string> targets;
  std::vector<ExpressionPointer> expressions;
  std::vector<Body> bodies;
};

}  // namespace nudge::jinja
