#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/ast.h"

namespace nudge::jinja {

/// Names and values; a name that is not here is looked for around.
class Scope {
 public:
  explicit Scope(Scope* around = nullptr) : around_(around) {}

  /// Null when the name is nowhere.
  const Value* find(std::string_view name) const;
  void set(const std::string& name, Value value);

 private:
  Scope* around_;
  std::vector<std::pair<std::string, Value>> names_;
};

/// The variable `loop`.
struct Loop {
  const std::vector<Value>& items;
  std::size_t index = 0;
  int depth = 1;

  /// loop.first, loop.index0, loop.previtem ...; undefined for other names.
  Value attribute(std::string_view name) const;
};

/// What a template wrote, and which bytes of it stand in {% generation %} marks, in order. Marks inside a
/// macro or a set block begin where the text around them had come to, as transformers counts them.
struct Rendering {
  struct Span {
    std::size_t begin, end;
  };
  std::string text;
  std::vector<Span> generated;
};

/// Renders a parsed template. Error with line and column when it fails or exceeds its limits.
Rendering render(const Body& program, const std::vector<std::pair<std::string, Value>>& variables);

}  // namespace nudge::jinja
