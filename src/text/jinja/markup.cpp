#include "text/jinja/markup.h"

#include <algorithm>

namespace nudge::jinja {

bool is_markup(const Expression& expression) {
  if (expression.kind == Expression::Kind::filter) return expression.name == "safe";
  return expression.kind == Expression::Kind::binary && expression.name == "+" &&
         std::ranges::any_of(expression.parts,
                             [](const ExpressionPointer& part) { return is_markup(*part); });
}

std::string escaped_markup(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '\'')
      escaped += "&#39;";
    else if (c == '"')
      escaped += "&#34;";
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace nudge::jinja
