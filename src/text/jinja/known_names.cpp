#include "text/jinja/known_names.h"

#include <algorithm>

#include "text/jinja/builtins.h"

namespace nudge::jinja {
namespace {

void check_names(const ExpressionPointer& node) {
  if (node == nullptr || node->kind == Expression::Kind::conditional) return;
  if (node->kind == Expression::Kind::filter && find_filter(node->name) == nullptr)
    fail_at(node->at, "the filter '{}' is not supported.", node->name);
  if (node->kind == Expression::Kind::test && find_test(node->name) == nullptr)
    fail_at(node->at, "the test '{}' is not supported.", node->name);
  for (const ExpressionPointer& part : node->parts) check_names(part);
  for (const auto& keyword : node->keywords) check_names(keyword.second);
  check_names(node->more);
  check_names(node->more_named);
}

void check_names(const Body& body, bool in_condition) {
  for (const auto& statement : body) {
    const bool condition = statement->kind == Statement::Kind::condition;
    const bool loop = statement->kind == Statement::Kind::loop;
    const bool apart =
        statement->kind == Statement::Kind::macro || statement->kind == Statement::Kind::filter_block;
    const bool lenient = condition || (in_condition && !apart);
    // Of a loop, only what it goes through stands where the loop stands.
    for (std::size_t i = 0; i < statement->expressions.size(); ++i)
      if (!lenient || (loop && i > 0)) check_names(statement->expressions[i]);
    for (const Body& inner : statement->bodies) check_names(inner, condition);
  }
}

}  // namespace

bool holds(const Body& program, Statement::Kind kind) {
  return std::ranges::any_of(program, [&](const auto& statement) {
    return statement->kind == kind ||
           std::ranges::any_of(statement->bodies, [&](const Body& inner) { return holds(inner, kind); });
  });
}

void require_known(const Body& program) {
  check_names(program, false);
}

}  // namespace nudge::jinja
