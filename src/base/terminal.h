#pragma once

#include <span>
#include <string>
#include <string_view>

namespace nudge {

/// Columns of the terminal behind a file descriptor; without one $COLUMNS, else 80. At least 40.
int terminal_columns(int descriptor);

/// `text` broken at spaces into lines of at most `width` columns (a longer word stands alone), every line but
/// the first behind `indent` spaces; the first is taken to begin at column `indent`. No newline at the end.
std::string wrap(std::string_view text, int width, int indent = 0);

/// Columns that UTF-8 text takes, one for each code point.
int columns(std::string_view text);

/// A name, what it means, and the heading under which it stands.
struct HelpLine {
  std::string section, name, sentence;
};

/// Headings in the order of their first line, each after an empty line; under them names and their sentences
/// as two columns, or below each other where `width` is narrow. Ends in a newline.
std::string help_lines(std::span<const HelpLine> lines, int width);

}  // namespace nudge
