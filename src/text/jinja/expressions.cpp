#include "text/jinja/expressions.h"

#include <charconv>

#include "text/jinja/strings.h"

namespace nudge::jinja {
namespace {

using ExpressionKind = Expression::Kind;
using Type = Token::Type;

constexpr int kMaxChain = 256;  // operands in a row; evaluation and destruction go as deep

/// A finished node; its depth bounds the recursion of everything that walks the tree.
ExpressionPointer finish(Expression node) {
  auto deepen = [&](const ExpressionPointer& part) {
    if (part) node.depth = std::max(node.depth, part->depth + 1);
  };
  for (const auto& part : node.parts) deepen(part);
  for (const auto& keyword : node.keywords) deepen(keyword.second);
  deepen(node.more);
  deepen(node.more_named);
  if (node.depth > kMaxChain)
    fail_at(node.at, "this expression has more than {} operands in a row.", kMaxChain);
  return std::make_unique<const Expression>(std::move(node));
}

template <class... Parts>
Expression make(ExpressionKind kind, Position at, std::string name, Parts... parts) {
  Expression node{.kind = kind, .at = at, .name = std::move(name)};
  (node.parts.push_back(std::move(parts)), ...);
  return node;
}

ExpressionPointer literal(Position at, Value value) {
  return finish({.kind = ExpressionKind::literal, .at = at, .value = std::move(value)});
}

bool is_comparison(const Token& token) {
  return token.is("==") || token.is("!=") || token.is("<") || token.is("<=") || token.is(">") ||
         token.is(">=");
}

/// Binary operators from loosest to tightest.
const std::vector<std::vector<std::string_view>> kLevels = {{"+", "-"}, {"~"}, {"*", "/", "//", "%"}, {"**"}};

}  // namespace

Token TokenStream::expect(Token::Type type, std::string_view what) {
  if (current().type != type) unexpected(what);
  return take();
}

void TokenStream::expect(std::string_view symbol) {
  if (!skip(symbol)) unexpected(fmt::format("'{}'", symbol));
}

void TokenStream::unexpected(std::string_view expected) const {
  const Token& token = current();
  std::string came = token.type == Type::end                                           ? "the end"
                     : token.type == Type::block_end || token.type == Type::output_end ? "the end of the tag"
                     : token.type == Type::block_begin || token.type == Type::output_begin
                         ? "a tag"
                         : quote(token.text);
  fail_at(token.at, "expected {}, found {}.", expected, came);
}

ExpressionPointer ExpressionParser::expression() {
  TokenStream::Nesting nesting(stream_);
  Position at = stream_.current().at;
  ExpressionPointer value = disjunction();
  while (stream_.skip_name("if")) {
    ExpressionPointer condition = disjunction();
    ExpressionPointer otherwise = stream_.skip_name("else") ? expression() : nullptr;
    value = finish(make(ExpressionKind::conditional, at, "", std::move(value), std::move(condition),
                        std::move(otherwise)));
  }
  return value;
}

ExpressionPointer ExpressionParser::tuple(bool conditional) {
  Expression node{.kind = ExpressionKind::tuple, .at = stream_.current().at};
  bool comma = false;
  auto ended = [&] {
    auto type = stream_.current().type;
    return type == Type::block_end || type == Type::output_end || stream_.current().is(")") ||
           stream_.current().is_name("recursive");
  };
  do {
    if (ended()) break;
    node.parts.push_back(conditional ? expression() : disjunction());
    comma = comma || stream_.current().is(",");
  } while (stream_.skip(","));
  if (node.parts.empty()) stream_.unexpected("an expression");
  if (!comma) return std::move(node.parts[0]);
  return finish(std::move(node));
}

ExpressionPointer ExpressionParser::disjunction() {
  ExpressionPointer left = conjunction();
  while (stream_.current().is_name("or")) {
    Position at = stream_.take().at;
    left = finish(make(ExpressionKind::binary, at, "or", std::move(left), conjunction()));
  }
  return left;
}

ExpressionPointer ExpressionParser::conjunction() {
  ExpressionPointer left = negation();
  while (stream_.current().is_name("and")) {
    Position at = stream_.take().at;
    left = finish(make(ExpressionKind::binary, at, "and", std::move(left), negation()));
  }
  return left;
}

ExpressionPointer ExpressionParser::negation() {
  if (!stream_.current().is_name("not")) return comparison();
  TokenStream::Nesting nesting(stream_);
  Position at = stream_.take().at;
  return finish(make(ExpressionKind::unary, at, "not", negation()));
}

ExpressionPointer ExpressionParser::comparison() {
  Expression node{.kind = ExpressionKind::comparison, .at = stream_.current().at};
  node.parts.push_back(operation(0));
  for (;;) {
    std::string name;
    if (is_comparison(stream_.current())) {
      name = stream_.take().text;
    } else if (stream_.skip_name("in")) {
      name = "in";
    } else if (stream_.current().is_name("not") && stream_.following().is_name("in")) {
      stream_.take();
      stream_.take();
      name = "not in";
    } else {
      break;
    }
    node.names.push_back(std::move(name));
    node.parts.push_back(operation(0));
  }
  if (node.names.empty()) return std::move(node.parts[0]);
  return finish(std::move(node));
}

ExpressionPointer ExpressionParser::operation(std::size_t level) {
  if (level == kLevels.size()) return unary();
  ExpressionPointer left = operation(level + 1);
  for (;;) {
    const Token& token = stream_.current();
    bool here = false;
    for (std::string_view symbol : kLevels[level]) here = here || token.is(symbol);
    if (!here) return left;
    Token symbol = stream_.take();
    left =
        finish(make(ExpressionKind::binary, symbol.at, symbol.text, std::move(left), operation(level + 1)));
  }
}

ExpressionPointer ExpressionParser::unary(bool with_filters) {
  ExpressionPointer node;
  if (stream_.current().is("-") || stream_.current().is("+")) {
    TokenStream::Nesting nesting(stream_);
    Token sign = stream_.take();
    node = finish(make(ExpressionKind::unary, sign.at, sign.text, unary(false)));
  } else {
    node = primary();
  }
  node = postfix(std::move(node));
  return with_filters ? filters(std::move(node)) : std::move(node);
}

ExpressionPointer ExpressionParser::primary() {
  const Token token = stream_.current();
  if (token.is("(")) return parenthesized();
  if (token.is("[")) return list();
  if (token.is("{")) return dict();
  switch (token.type) {
    case Type::name:
      return literal_name(stream_.take());
    case Type::integer:
      return integer(stream_.take());
    case Type::number:
      return literal(token.at, Value::of(std::strtod(stream_.take().text.c_str(), nullptr)));
    case Type::string: {
      std::string text;
      while (stream_.current().type == Type::string) text += stream_.take().text;
      return literal(token.at, Value::of(std::move(text)));
    }
    default:
      stream_.unexpected("an expression");
  }
}

ExpressionPointer ExpressionParser::literal_name(const Token& name) {
  if (name.text == "true" || name.text == "True") return literal(name.at, Value::of(true));
  if (name.text == "false" || name.text == "False") return literal(name.at, Value::of(false));
  if (name.text == "none" || name.text == "None") return literal(name.at, Value::none());
  return finish(make(ExpressionKind::name, name.at, name.text));
}

ExpressionPointer ExpressionParser::integer(const Token& token) {
  std::int64_t value = 0;
  const std::string& text = token.text;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) fail_at(token.at, "the number {} is too large.", text);
  return literal(token.at, Value::of(value));
}

ExpressionPointer ExpressionParser::parenthesized() {
  Position at = stream_.take().at;
  ExpressionPointer inner = stream_.current().is(")") ? finish(make(ExpressionKind::tuple, at, "")) : tuple();
  stream_.expect(")");
  return inner;
}

ExpressionPointer ExpressionParser::list() {
  Expression node{.kind = ExpressionKind::list, .at = stream_.take().at};
  while (!stream_.current().is("]")) {
    node.parts.push_back(expression());
    if (!stream_.skip(",")) break;
  }
  stream_.expect("]");
  return finish(std::move(node));
}

ExpressionPointer ExpressionParser::dict() {
  Expression node{.kind = ExpressionKind::dict, .at = stream_.take().at};
  while (!stream_.current().is("}")) {
    node.parts.push_back(expression());
    stream_.expect(":");
    node.parts.push_back(expression());
    if (!stream_.skip(",")) break;
  }
  stream_.expect("}");
  return finish(std::move(node));
}

ExpressionPointer ExpressionParser::postfix(ExpressionPointer subject) {
  for (;;) {
    const Token& token = stream_.current();
    if (token.is(".")) {
      Position at = stream_.take().at;
      if (stream_.current().type == Type::integer) {
        subject = finish(make(ExpressionKind::item, at, "", std::move(subject), integer(stream_.take())));
      } else {
        std::string name = stream_.expect(Type::name, "a name").text;
        subject = finish(make(ExpressionKind::attribute, at, std::move(name), std::move(subject)));
      }
    } else if (token.is("[")) {
      subject = subscript(std::move(subject));
    } else if (token.is("(")) {
      Expression call = make(ExpressionKind::call, token.at, "", std::move(subject));
      arguments(call);
      subject = finish(std::move(call));
    } else {
      return subject;
    }
  }
}

ExpressionPointer ExpressionParser::subscript(ExpressionPointer subject) {
  Expression node = make(ExpressionKind::item, stream_.take().at, "", std::move(subject));
  auto part = [&]() -> ExpressionPointer {
    return stream_.current().is(":") || stream_.current().is("]") ? nullptr : expression();
  };
  ExpressionPointer first = part();
  if (first == nullptr && stream_.current().is("]")) stream_.unexpected("an index");
  node.parts.push_back(std::move(first));
  if (stream_.skip(":")) {
    node.kind = ExpressionKind::slice;
    node.parts.push_back(part());
    node.parts.push_back(stream_.skip(":") ? part() : nullptr);
  }
  stream_.expect("]");
  return finish(std::move(node));
}

ExpressionPointer ExpressionParser::filters(ExpressionPointer subject) {
  for (;;) {
    const Token& token = stream_.current();
    if (stream_.skip("|")) {
      subject = filter(std::move(subject));
    } else if (token.is_name("is")) {
      subject = test(std::move(subject));
    } else if (token.is("(")) {
      subject = postfix(std::move(subject));
    } else {
      return subject;
    }
  }
}

ExpressionPointer ExpressionParser::filter_chain(ExpressionPointer subject) {
  do {
    subject = filter(std::move(subject));
  } while (stream_.skip("|"));
  return subject;
}

ExpressionPointer ExpressionParser::filter(ExpressionPointer subject) {
  Token name = stream_.expect(Type::name, "a filter's name");
  Expression node = make(ExpressionKind::filter, name.at, name.text, std::move(subject));
  if (stream_.current().is("(")) arguments(node);
  return finish(std::move(node));
}

ExpressionPointer ExpressionParser::test(ExpressionPointer subject) {
  Position at = stream_.take().at;
  bool negated = stream_.skip_name("not");
  Token name = stream_.expect(Type::name, "a test's name");
  Expression node = make(ExpressionKind::test, name.at, name.text, std::move(subject));
  const Token& next = stream_.current();
  bool operand = next.type == Type::string || next.type == Type::integer || next.type == Type::number ||
                 next.is("[") || next.is("{") ||
                 (next.type == Type::name && next.text != "else" && next.text != "or" && next.text != "and" &&
                  next.text != "is" && next.text != "if");
  if (next.is("("))
    arguments(node);
  else if (operand)
    node.parts.push_back(postfix(primary()));
  ExpressionPointer result = finish(std::move(node));
  if (!negated) return result;
  return finish(make(ExpressionKind::unary, at, "not", std::move(result)));
}

void ExpressionParser::arguments(Expression& call) {
  stream_.expect("(");
  while (!stream_.current().is(")")) {
    if (call.more == nullptr && call.more_named == nullptr && stream_.skip("*")) {
      call.more = expression();
    } else if (call.more_named == nullptr && stream_.skip("**")) {
      call.more_named = expression();
    } else if (call.more_named == nullptr && stream_.current().type == Type::name &&
               stream_.following().is("=")) {
      std::string name = stream_.take().text;
      stream_.take();
      call.keywords.emplace_back(std::move(name), expression());
    } else {
      if (!call.keywords.empty() || call.more || call.more_named) stream_.unexpected("a named argument");
      call.parts.push_back(expression());
    }
    if (!stream_.skip(",")) break;
  }
  stream_.expect(")");
}

}  // namespace nudge::jinja
