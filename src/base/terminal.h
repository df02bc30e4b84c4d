#pragma once

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

/// Names and their sentences as two columns, or below each other where `width` is narrow. Ends in a newline.
/// `name_columns` is the width of the widest name that should stand beside its sentence.
std::string name_and_sentence(std::string_view name, std::string_view sentence, int name_columns, int width);

}  // namespace nudge
