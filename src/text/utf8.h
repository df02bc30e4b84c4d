#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nudge {

/// Every maximal invalid part replaced by U+FFFD, as Unicode recommends and Python and Rust do.
std::string replace_invalid_utf8(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);

/// The code point of valid UTF-8 at byte `position`, which moves behind it.
char32_t next_code_point(std::string_view text, std::size_t& position);
/// The code point that ends before byte `position`, which moves to its start.
char32_t previous_code_point(std::string_view text, std::size_t& position);
void append_utf8(std::string& text, char32_t code_point);
/// Code points of valid UTF-8.
std::size_t count_code_points(std::string_view text);

/// The Unicode property White_Space.
bool is_white_space(char32_t code_point);
/// The categories P, and all of ASCII's symbols.
bool is_punctuation(char32_t code_point);
/// What `\w` matches: letters, marks, numbers, connector punctuation.
bool is_word_character(char32_t code_point);

}  // namespace nudge
