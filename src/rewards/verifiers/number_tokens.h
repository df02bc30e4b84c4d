#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rewards/verifiers/number.h"

namespace nudge {

/// What a text with numbers is made of, as far as it matters to whether a number stands there for itself.
struct NumberToken {
  enum class Kind {
    number,     // its value is absent where it cannot be computed (2^n)
    word,       // letters, digits among them (B12, x_1)
    op,         // + - * / ! | ^ and their kin
    relation,   // < <= in and their kin
    equals,     // = and about equal
    symbol,     // pi, a root, infinity, any LaTeX command that is not known to be layout
    subscript,  // _2 behind something that is no word
    exponent,   // of a word: m^2
    open,
    close,
    comma,
    colon,
    ellipsis,
    stop,  // the end of a sentence or line
    mark,  // says nothing of the value: a degree, a cent
  };
  Kind kind;
  std::string text;             // of a word, an operator, a bracket
  bool apart = true;            // something blank stands before it
  std::optional<Number> value;  // of a number
};

/// Without blanks, quotes, dollars, emphasis and the layout of LaTeX (\text{}, \left, braces). Linear in the
/// text.
std::vector<NumberToken> number_tokens(std::string_view text);

}  // namespace nudge
