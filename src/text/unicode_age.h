#pragma once

#include <string>
#include <string_view>

namespace nudge {

// Each part of `tokenizers` 0.23 knows a Unicode version of its own, and its ids follow from what it knows.

/// Whether the normal forms and StripAccents know this character: those of Unicode 9 (the crate
/// unicode-normalization-alignments). A later mark, or a later character that has a decomposition, is nothing
/// but itself to them.
bool normal_forms_know(char32_t code_point);

/// Whether Punctuation knows this character of the categories P (the crate unicode_categories: Unicode 8).
bool punctuation_knows(char32_t code_point);

/// The lower-case letter of one that utf8proc may not know (2.8: Unicode 15) and Rust does (Unicode 17);
/// others stay.
char32_t later_lower_case(char32_t code_point);

/// `text` with characters that Oniguruma knows (Unicode 16) and PCRE2 may not (10.42: Unicode 14) replaced by
/// older ones of the same category and as many bytes: where patterns match is the same. Han stays Han.
std::string with_older_characters(std::string_view text);

}  // namespace nudge
