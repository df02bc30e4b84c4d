#include "text/jinja/parser.h"

#include <algorithm>

#include "text/jinja/expressions.h"
#include "text/jinja/known_names.h"

namespace nudge::jinja {
namespace {

using StatementKind = Statement::Kind;
using Type = Token::Type;

class Parser {
 public:
  explicit Parser(std::string_view source) : stream_(tokenize(source)), expressions_(stream_) {}

  Body whole() { return statements({}); }

 private:
  using Words = std::vector<std::string_view>;

  /// Statements up to a block that begins with one of `ends` (left standing behind its `{%`), or the end.
  Body statements(const Words& ends) {
    TokenStream::Nesting nesting(stream_);
    Body body;
    for (;;) {
      Token token = stream_.current();
      switch (token.type) {
        case Type::end:
          if (!ends.empty()) stream_.unexpected(fmt::format("{{% {} %}}", ends.back()));
          return body;
        case Type::text:
          add(body, {.kind = StatementKind::text, .at = token.at, .name = stream_.take().text});
          break;
        case Type::output_begin:
          stream_.take();
          add(body, output(token.at));
          break;
        default:
          stream_.take();
          if (stream_.current().type == Type::name &&
              std::find(ends.begin(), ends.end(), stream_.current().text) != ends.end())
            return body;
          add(body, statement());
          close_block();
      }
    }
  }

  static void add(Body& body, Statement statement) {
    body.push_back(std::make_unique<const Statement>(std::move(statement)));
  }

  void close_block() { stream_.expect(Type::block_end, "the end of the tag"); }

  /// The body of a block, and its end tag.
  Body body_until(std::string_view end) {
    close_block();
    Body body = statements({end});
    stream_.take();
    return body;
  }

  Statement output(Position at) {
    Statement node{.kind = StatementKind::output, .at = at};
    node.expressions.push_back(expressions_.tuple());
    stream_.expect(Type::output_end, "the end of the tag");
    return node;
  }

  Statement statement() {
    Token word = stream_.expect(Type::name, "a statement");
    if (word.text == "if") return condition(word.at);
    if (word.text == "for") return loop(word.at);
    if (word.text == "set") return set(word.at);
    if (word.text == "macro") return macro(word.at);
    if (word.text == "generation") {
      Statement node{.kind = StatementKind::generation, .at = word.at};
      node.bodies.push_back(body_until("endgeneration"));
      return node;
    }
    if (word.text == "filter") return filter_block(word.at);
    if (word.text == "break" || word.text == "continue") {
      if (loops_ == 0) fail_at(word.at, "'{}' stands outside a loop.", word.text);
      return {.kind = word.text == "break" ? StatementKind::break_loop : StatementKind::continue_loop,
              .at = word.at};
    }
    fail_at(word.at, "the statement '{}' is not supported.", word.text);
  }

  Statement filter_block(Position at) {
    Statement node{.kind = StatementKind::filter_block, .at = at};
    Expression text{.kind = Expression::Kind::name, .at = at, .name = kFiltered};
    node.expressions.push_back(
        expressions_.filter_chain(std::make_unique<const Expression>(std::move(text))));
    node.bodies.push_back(body_until("endfilter"));
    return node;
  }

  Statement condition(Position at) {
    Statement node{.kind = StatementKind::condition, .at = at};
    for (;;) {
      node.expressions.push_back(expressions_.tuple(false));
      close_block();
      node.bodies.push_back(statements({"elif", "else", "endif"}));
      std::string word = stream_.take().text;
      if (word == "elif") continue;
      if (word == "else") node.bodies.push_back(body_until("endif"));
      return node;
    }
  }

  Statement loop(Position at) {
    Statement node{.kind = StatementKind::loop, .at = at};
    node.targets = targets();
    if (!stream_.skip_name("in")) stream_.unexpected("'in'");
    node.expressions.push_back(expressions_.tuple(false));
    node.expressions.push_back(stream_.skip_name("if") ? expressions_.expression() : nullptr);
    if (stream_.current().is_name("recursive"))
      fail_at(stream_.current().at, "recursive loops are not supported.");
    close_block();
    ++loops_;
    node.bodies.push_back(statements({"else", "endfor"}));
    --loops_;
    node.bodies.push_back(stream_.take().text == "else" ? body_until("endfor") : Body{});
    return node;
  }

  std::vector<std::string> targets() {
    std::vector<std::string> names;
    bool parenthesis = stream_.skip("(");
    do {
      names.push_back(stream_.expect(Type::name, "a name").text);
    } while (stream_.skip(","));
    if (parenthesis) stream_.expect(")");
    return names;
  }

  Statement set(Position at) {
    Statement node{.kind = StatementKind::set, .at = at};
    if (stream_.following().is(".")) {
      node.kind = StatementKind::set_attribute;
      node.targets.push_back(stream_.expect(Type::name, "a name").text);
      stream_.take();
      node.targets.push_back(stream_.expect(Type::name, "a name").text);
    } else {
      node.targets = targets();
    }
    if (stream_.skip("=")) {
      node.expressions.push_back(expressions_.tuple());
      return node;
    }
    if (node.kind == StatementKind::set_attribute || node.targets.size() != 1 ||
        stream_.current().type != Type::block_end)
      stream_.unexpected("'='");
    node.kind = StatementKind::set_block;
    node.bodies.push_back(body_until("endset"));
    return node;
  }

  Statement macro(Position at) {
    Statement node{
        .kind = StatementKind::macro, .at = at, .name = stream_.expect(Type::name, "a macro's name").text};
    stream_.expect("(");
    while (!stream_.current().is(")")) {
      node.targets.push_back(stream_.expect(Type::name, "a parameter's name").text);
      if (stream_.skip("="))
        node.expressions.push_back(expressions_.expression());
      else if (!node.expressions.empty())
        stream_.unexpected("a default, because the parameter before has one");
      if (!stream_.skip(",")) break;
    }
    stream_.expect(")");
    int loops = std::exchange(loops_, 0);
    node.bodies.push_back(body_until("endmacro"));
    loops_ = loops;
    return node;
  }

  TokenStream stream_;
  ExpressionParser expressions_;
  int loops_ = 0;
};

}  // namespace

Body parse(std::string_view source) {
  Body program = Parser(source).whole();
  require_known(program);
  return program;
}

}  // namespace nudge::jinja
