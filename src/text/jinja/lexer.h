#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/error.h"

namespace nudge::jinja {

struct Token {
  enum class Type {
    text,
    output_begin,
    output_end,
    block_begin,
    block_end,
    name,
    string,
    integer,
    number,
    symbol,
    end
  };

  Type type;
  std::string text;  // unescaped for strings; the operator for symbols
  Position at;

  bool is(std::string_view symbol) const { return type == Type::symbol && text == symbol; }
  bool is_name(std::string_view word) const { return type == Type::name && text == word; }
};

/// Cuts a template into tokens as Jinja does with trim_blocks and lstrip_blocks: a newline behind a block is
/// dropped, and so is the white space before a block that begins a line; `-` strips all, `+` nothing. The
/// last token is `end`. Throws Error with line and column.
std::vector<Token> tokenize(std::string_view source);

}  // namespace nudge::jinja
