#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/ast.h"
#include "text/jinja/lexer.h"

namespace nudge::jinja {

/// Walks over tokens and counts how deep constructs nest.
class TokenStream {
 public:
  static constexpr int kMaxNesting = 64;

  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& current() const { return tokens_[next_]; }
  const Token& following() const { return tokens_[std::min(next_ + 1, tokens_.size() - 1)]; }
  Token take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  bool skip(std::string_view symbol) { return current().is(symbol) && (take(), true); }
  bool skip_name(std::string_view word) { return current().is_name(word) && (take(), true); }
  Token expect(Token::Type type, std::string_view what);
  void expect(std::string_view symbol);
  [[noreturn]] void unexpected(std::string_view expected) const;

  /// Lives while a construct inside another is parsed.
  class Nesting {
   public:
    explicit Nesting(TokenStream& stream) : stream_(stream) {
      if (++stream_.nesting_ > kMaxNesting)
        fail_at(stream.current().at, "it nests deeper than {} levels.", kMaxNesting);
    }
    ~Nesting() { --stream_.nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    TokenStream& stream_;
  };

 private:
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  int nesting_ = 0;
};

/// Parses expressions with Jinja's precedences.
class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& stream) : stream_(stream) {}

  ExpressionPointer expression();
  /// An expression, or several with commas between: a tuple. `conditional`: a trailing `if` belongs to it.
  ExpressionPointer tuple(bool conditional = true);
  /// The filters of `{% filter a | b %}` over a subject.
  ExpressionPointer filter_chain(ExpressionPointer subject);

 private:
  ExpressionPointer disjunction();
  ExpressionPointer conjunction();
  ExpressionPointer negation();
  ExpressionPointer comparison();
  ExpressionPointer operation(std::size_t level);
  ExpressionPointer unary(bool with_filters = true);
  ExpressionPointer primary();
  ExpressionPointer literal_name(const Token& name);
  ExpressionPointer integer(const Token& token);
  ExpressionPointer parenthesized();
  ExpressionPointer list();
  ExpressionPointer dict();
  ExpressionPointer postfix(ExpressionPointer subject);
  ExpressionPointer subscript(ExpressionPointer subject);
  ExpressionPointer filters(ExpressionPointer subject);
  ExpressionPointer filter(ExpressionPointer subject);
  ExpressionPointer test(ExpressionPointer subject);
  void arguments(Expression& call);

  TokenStream& stream_;
};

}  // namespace nudge::jinja
